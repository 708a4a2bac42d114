// What the table of networks says of sites: who lands there, and how far they have it. And what
// runs know of networks that plans do not say: how long their paths are, how short they could be.

import { NONE, type Columns } from '../engine/columns';
import type { PlaceInfo, RunResult, SectionInfo } from '../engine/api';
import type { World } from './track';

/** A value, and how much of the demand has it. */
export type Weighted = [value: number, weight: number];

function ascending(values: Weighted[]): Weighted[] {
  return values
    .filter(([value, weight]) => Number.isFinite(value) && weight > 0)
    .sort(([a, v], [b, w]) => a - b || v - w);
}

/**
 * The least value at or below which a share of the weight lies, as the engine defines it (`planner`,
 * quantile.rs); `null` without any.
 */
export function quantile(values: Weighted[], share: number): number | null {
  const steps = ascending(values);
  const total = steps.reduce((sum, [, weight]) => sum + weight, 0);
  // A share of a sum is rounded: a step that falls short by that much reaches it.
  const wanted = share * total * (1 - 1e-12);
  let below = 0;
  for (const [value, weight] of steps) {
    below += weight;
    if (below >= wanted) return value;
  }
  return null;
}

/** The distribution as stairs of values and the percentage at or below them. */
export function stairs(values: Weighted[]): [number, number][] {
  const steps = ascending(values);
  const total = steps.reduce((sum, [, weight]) => sum + weight, 0);
  const points: [number, number][] = [];
  let [below, height] = [0, 0];
  steps.forEach(([value, weight], place) => {
    below += weight;
    if (steps[place + 1]?.[0] === value) return;
    points.push([value, height]);
    height = (100 * below) / total;
    points.push([value, height]);
  });
  return points;
}

/** What a run says of a source. */
export interface Way {
  /** AS path length; `null` without a route. */
  length: number | null;
  rtt: number | null;
  /** The shortest round trip to any site that is up. */
  best: number | null;
}

/** Sources by AS and city, as the table of networks has them. */
export type Ways = Map<string, Way>;

export const sourceKey = (asn: unknown, city: unknown) => `${String(asn)} ${String(city ?? '')}`;

/** The ways of all sources at the start of a run. */
export function waysOf(
  result: RunResult,
  world: World,
  places: PlaceInfo[],
  timeline: Columns,
  trips: Columns,
): Ways {
  const known = (value: number) => (Number.isFinite(value) ? value : null);
  const ways: Ways = new Map();
  const own = new Set(result.clients.map(({ dot }) => dot));
  world.asn.forEach((asn, dot) => {
    if (result.world.has_clients ? !own.has(dot) : world.weight[dot] <= 0) return;
    const place = world.place[dot];
    const length = timeline.length[dot];
    ways.set(sourceKey(asn, place === NONE ? '' : places[place]?.code), {
      length: length === undefined || length === 255 ? null : length,
      rtt: known(trips.rtt[dot]),
      best: known(trips.best[dot]),
    });
  });
  return ways;
}

/** Round trips this close, in ms, are one way: tables have three digits. */
const SAME_MS = 0.01;

/** Beyond two digits there is what tables and arrays leave out. */
const rounded = (ms: number) => Math.round(100 * ms) / 100;

/** What is known of a row of networks beside what the plan says, on one side. */
export interface Extra {
  length: number | null;
  inflation: number | null;
}

/**
 * The length of a row's path, where the run takes the way that the plan found, and its round trip
 * above the best possible. Runs start from some older route where plans see a tie: of those the
 * path is not known.
 */
export function extraOf(way: Way | undefined, rtt: number | null): Extra {
  if (!way || rtt === null) return { length: null, inflation: null };
  const isSame = way.rtt !== null && Math.abs(way.rtt - rtt) <= SAME_MS;
  return {
    length: isSame ? way.length : null,
    inflation: way.best === null ? null : Math.max(0, rounded(rtt - way.best)),
  };
}

/** What runs say of each row of the table of networks: in A, and in B. */
export function extrasOf(networks: SectionInfo, { a, b }: Record<'a' | 'b', Ways>): Extra[][] {
  const [asn, city, was, now] = ['asn', 'city', 'rtt_a_ms', 'rtt_b_ms'].map(columnIn(networks));
  const ms = (value: number | string | null) => (typeof value === 'number' ? value : null);
  return asn.map((_, row) => {
    const key = sourceKey(asn[row], city[row]);
    return [extraOf(a.get(key), ms(was[row])), extraOf(b.get(key), ms(now[row]))];
  });
}

const columnIn =
  ({ columns }: SectionInfo) =>
  (name: string): (number | string | null)[] =>
    columns.find((one) => one.name === name)?.values ?? [];

/** Who lands at a site. */
export interface Landing {
  /** ASes with at least a part of their demand there. */
  ases: number;
  /** Round trips that so much of the demand does not exceed, of sources that land nowhere else. */
  p50: number | null;
  p95: number | null;
  /** AS path length, mean by demand, of those whose path is known. */
  path: number | null;
}

/** Who lands at each site in B, by the table of networks, and what runs say of its rows. */
export function landings(networks: SectionInfo, extras: Extra[][] | null): Map<string, Landing> {
  const [asn, site, demand, rtt] = ['asn', 'site_b', 'demand', 'rtt_b_ms'].map(columnIn(networks));
  interface Found {
    ases: Set<unknown>;
    rtts: Weighted[];
    lengths: Weighted[];
  }
  const found = new Map<string, Found>();
  site.forEach((text, row) => {
    if (typeof text !== 'string') return;
    const names = text.split('|');
    for (const name of names) {
      const known = found.get(name) ?? { ases: new Set(), rtts: [], lengths: [] };
      found.set(name, known);
      known.ases.add(asn[row]);
      // What goes to several sites is known in the mean, which is of none of them.
      if (names.length > 1) continue;
      const [ms, weight] = [rtt[row], Number(demand[row])];
      if (typeof ms === 'number') known.rtts.push([ms, weight]);
      const length = extras?.[row][1].length ?? null;
      if (length !== null) known.lengths.push([length, weight]);
    }
  });
  return new Map(
    [...found].map(([name, { ases, rtts, lengths }]) => [
      name,
      {
        ases: ases.size,
        p50: quantile(rtts, 0.5),
        p95: quantile(rtts, 0.95),
        path: mean(lengths),
      },
    ]),
  );
}

function mean(values: Weighted[]): number | null {
  const weight = values.reduce((sum, [, weight]) => sum + weight, 0);
  return weight > 0 ? values.reduce((sum, [value, part]) => sum + value * part, 0) / weight : null;
}
