// A world of three dots and two sites, by hand, for tests.
//
// Dot 0 has one stream. Dot 1 has two, of 70 and 30 %. Dot 2 is no source. At 1 s site 0 fails;
// dot 0 goes to site 1 at 1.5 s, dot 1 loops, then waits: its answers run out at 3 s and 9 s. At
// 10 s site 0 returns, and dot 0 goes back at 10.5 s.

import type { EventInfo, RunReport, RunResult } from '../engine/api';
import { LOOPING, NONE, NO_ROUTE, STALE, type Columns } from '../engine/columns';
import { Track, type World } from './track';

export function event(change: Partial<EventInfo>): EventInfo {
  return {
    index: 0,
    label: 'a fails (withdraw)',
    deed: 'fail',
    site: 0,
    how: 'withdraw',
    at_us: 1e6,
    end_us: 1e7,
    before: 0,
    after: 1,
    hurt: { demand: 30, sources: 2 },
    peak: 30,
    detected_us: 0,
    first_us: 500_000,
    half_us: 2e6,
    most_us: 8e6,
    all_us: 8e6,
    converged_us: 500_000,
    cleanup_us: 8e6,
    messages: 4,
    lost: 0,
    unserved_for_good: 0,
    stages: null,
    moves: [],
    overloads: [],
    came_back: null,
    stayed: null,
    stayed_who: [],
    broken_needed: 0,
    broken_unneeded: 0,
    paths_tried: [],
    ...change,
  };
}

const share = (demand: number, sources: number) => ({ demand, sources });

export function report(change: Partial<RunReport> = {}): RunReport {
  return {
    steering: 'anycast',
    end_us: 12e6,
    demand: 40,
    sources: 2,
    lost: 0,
    lost_before: 0,
    states: [
      {
        sites: [share(30, 2), share(10, 0)],
        unserved: share(0, 0),
        active_sites: 2,
        path_length_mean: 1.5,
      },
      {
        sites: [share(0, 0), share(40, 2)],
        unserved: share(0, 0),
        active_sites: 1,
        path_length_mean: 2.5,
      },
    ],
    standing: [],
    capacities: [],
    events: [
      event({}),
      event({
        index: 1,
        label: 'a returns',
        deed: 'restore',
        how: null,
        at_us: 1e7,
        end_us: 12e6,
        before: 1,
        hurt: share(0, 0),
        all_us: null,
      }),
    ],
    flows: [],
    rtt_before_ms: null,
    rtt_after_ms: null,
    ...change,
  };
}

function site(name: string, city: string, asn: number, lon: number, kqps: number | null) {
  return {
    name,
    city,
    asn,
    lat: 50,
    lon,
    dot: 2,
    region: '',
    is_active: true,
    kqps,
    gbps: null,
    neighbors: [],
  };
}

export function result(): RunResult {
  return {
    hash: 'abc',
    engine: '0.1.0',
    name: 'test',
    question: '',
    look_for: '',
    seed: 1,
    world: {
      id: 'w',
      name: 'three',
      ases: 3,
      dots: 3,
      links: 2,
      has_places: true,
      has_clients: true,
    },
    rules: [],
    prefixes: ['192.0.2.0/24'],
    sites: [site('fra', 'Frankfurt', 64500, 8.6, 30), site('lhr', 'London', 64499, -0.5, null)],
    clients: [
      { name: 'Berlin', dot: 0, asn: 1, lat: 52, lon: 13, region: '', weight: 20, index: null },
      { name: 'Istanbul', dot: 1, asn: 2, lat: 41, lon: 29, region: '', weight: 20, index: null },
    ],
    runs: [report()],
    notes: [],
    engine_ms: 1,
  };
}

export const world: World = {
  id: 'w',
  asn: Uint32Array.of(1, 2, 3),
  place: Uint32Array.of(0, 1, NONE),
  weight: Float64Array.of(20, 20, 0),
  tier: Uint8Array.of(3, 3, 1),
  placeLat: Float32Array.of(52, 41),
  placeLon: Float32Array.of(13, 29),
};

export function columns(): Columns {
  return {
    stream_dot: Uint32Array.of(0, 1, 1),
    stream_share: Float32Array.of(1, 0.7, 0.3),
    stream_start: Uint16Array.of(0, 0, 1),
    fate_at: Float64Array.of(1e6, 1e6, 1.2e6, 1.5e6, 2e6, 3e6, 4e6, 9e6, 10.5e6),
    fate_stream: Uint32Array.of(0, 1, 1, 0, 1, 1, 2, 2, 0),
    fate: Uint16Array.of(STALE, STALE, LOOPING, 1, STALE, 1, NO_ROUTE, 1, 0),
    fate_cause: Uint16Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1),
    fate_noticed: Float64Array.of(0, 0, 0, 0, 5e5, 5e5, 5e5, 5e5, 0),
    fate_cached: Float64Array.of(0, 0, 0, 0, 5e5, 1.5e6, 0, 7.5e6, 0),
    length: Uint8Array.of(1, 2, 0),
    route_at: Float64Array.of(1e6, 1.5e6, 10.5e6),
    route_dot: Uint32Array.of(0, 0, 0),
    route_length: Uint8Array.of(255, 3, 1),
    unserved_at: Float64Array.of(0, 1e6, 1.5e6, 3e6),
    unserved: Float64Array.of(0, 34, 14, 0),
    load_at: Float64Array.of(0, 0, 1e6, 1.5e6, 10.5e6),
    load_site: Uint16Array.of(0, 1, 0, 1, 0),
    load_legit: Float64Array.of(34, 6, 0, 26, 20),
    load_offered: Float64Array.of(40, 6, 0, 26, 20),
    load_gbps: Float64Array.of(0, 0, 0, 0, 0),
    load_used: Float64Array.of(4 / 3, 0, 0, 0, 2 / 3),
    load_loss: Float64Array.of(0.25, 0, 0, 0, 0),
  };
}

export function track(change: Partial<RunReport> = {}): Track {
  return new Track(result(), report(change), world, columns());
}
