// A world in which nothing is known yet: the map shows land while the engine starts.

import type { RunReport, RunResult } from '../engine/api';
import { Track, type World } from '../model/track';
import type { Run } from '../state/player.svelte';

const none = {
  sites: [],
  unserved: { demand: 0, sources: 0 },
  active_sites: 0,
  path_length_mean: null,
};

const report: RunReport = {
  steering: 'anycast',
  end_us: 0,
  demand: 0,
  sources: 0,
  lost: 0,
  lost_before: 0,
  states: [none],
  standing: [],
  capacities: [],
  events: [],
  flows: [],
  rtt_before_ms: null,
  rtt_after_ms: null,
};

const result: RunResult = {
  hash: '',
  engine: '',
  name: '',
  question: '',
  look_for: '',
  seed: 0,
  world: { id: '', name: '', ases: 0, dots: 0, links: 0, has_places: true, has_clients: true },
  rules: [],
  prefixes: [],
  sites: [],
  clients: [],
  runs: [report],
  notes: [],
  engine_ms: 0,
};

// One place without a dot: a world without places would be drawn as a disc.
const world: World = {
  id: '',
  asn: new Uint32Array(),
  place: new Uint32Array(),
  weight: new Float64Array(),
  tier: new Uint8Array(),
  placeLat: new Float32Array(1),
  placeLon: new Float32Array(1),
};

const DOUBLES = ['fate_at', 'route_at', 'unserved_at', 'unserved', 'load_at'];
const LOADS = ['load_legit', 'load_offered', 'load_gbps', 'load_used', 'load_loss'];
const columns = {
  ...Object.fromEntries([...DOUBLES, ...LOADS].map((name) => [name, new Float64Array()])),
  stream_dot: new Uint32Array(),
  stream_share: new Float32Array(),
  stream_start: new Uint16Array(),
  fate_stream: new Uint32Array(),
  fate: new Uint16Array(),
  fate_cause: new Uint16Array(),
  length: new Uint8Array(),
  route_dot: new Uint32Array(),
  route_length: new Uint8Array(),
  load_site: new Uint16Array(),
};

const run: Run = { report, track: new Track(result, report, world, columns) };

export const BLANK = { result, world, run };
