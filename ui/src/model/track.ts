// One run as it can be scrubbed: the state of every dot at any time, found by replaying changes.
//
// Forward seeks apply what lies between, backward seeks replay from t = 0: replaying 400 000
// changes takes about a millisecond, so nothing is kept in between. Pure: no DOM, no clock.

import { fateKind, fateSite, NONE, NO_ROUTE, STALE, type Columns } from '../engine/columns';
import type { RunReport, RunResult } from '../engine/api';

/** The places and weights of all dots. */
export interface World {
  id: string;
  asn: Uint32Array;
  /** Index into `placeLat` and `placeLon`, or NONE. */
  place: Uint32Array;
  /** Demand; 0 for a dot that is no source. */
  weight: Float64Array;
  /** 1 without providers, 2 with customers, 3 at the edge. */
  tier: Uint8Array;
  placeLat: Float32Array;
  placeLon: Float32Array;
}

export function readWorld(id: string, columns: Columns): World {
  return {
    id,
    asn: columns.asn as Uint32Array,
    place: columns.place as Uint32Array,
    weight: columns.weight as Float64Array,
    tier: columns.tier as Uint8Array,
    placeLat: columns.place_lat as Float32Array,
    placeLon: columns.place_lon as Float32Array,
  };
}

/** Load of one site at a time. */
export interface Load {
  legit: number;
  offered: number;
  gbps: number;
  /** Offered over capacity; infinite where there is none. */
  used: number;
  /** Share of attempts lost, 0 to 1. */
  loss: number;
}

/** A DNS answer that a client still holds though its site is dead. Times in µs. */
export interface Ring {
  dot: number;
  stream: number;
  /** The dead site. */
  site: number;
  share: number;
  /** When the event happened, was noticed by the health check, and when this answer runs out. */
  event: number;
  noticed: number;
  expires: number;
}

/** How one fate of a stream follows another. Times in µs. */
export interface Change {
  at: number;
  stream: number;
  fate: number;
  /** Place in the report's events, or -1. */
  cause: number;
}

export class Track {
  readonly report: RunReport;
  /** Dots that demand comes from. */
  readonly sources: Uint32Array;
  /** For each dot the stream that most of its packets belong to, or NONE. */
  readonly mainStream: Uint32Array;
  /** Streams of a dot: `firstStream[dot]` up to `firstStream[dot] + streamCount[dot]`. */
  readonly firstStream: Uint32Array;
  readonly streamCount: Uint16Array;
  readonly streamDot: Uint32Array;
  readonly streamShare: Float32Array;

  /** State at `time`, in place: the fate of each stream, the AS path length of each dot. */
  readonly fates: Uint16Array;
  readonly lengths: Uint8Array;
  time = -1;

  readonly fateAt: Float64Array;
  readonly fateStream: Uint32Array;
  readonly fateTo: Uint16Array;
  readonly fateCause: Uint16Array;
  private readonly fateNoticed: Float64Array | undefined;
  /** µs that an answer stayed in caches after the cause was noticed; where DNS has a part. */
  readonly fateCached: Float64Array | undefined;
  readonly routeAt: Float64Array;
  readonly routeDot: Uint32Array;
  readonly routeLength: Uint8Array;
  readonly unservedAt: Float64Array;
  readonly unservedDemand: Float64Array;
  private readonly lostUntil: Float64Array;
  /** When the load of any site changes. */
  readonly loadAt: Float64Array;
  private readonly loads: { at: Float64Array; values: Float64Array[] }[];

  private readonly startFates: Uint16Array;
  private readonly startLengths: Uint8Array;
  private readonly isSource: Uint8Array;
  private fatesDone = 0;
  private routesDone = 0;
  private lengthSum = 0;
  private lengthCount = 0;

  constructor(result: RunResult, report: RunReport, world: World, columns: Columns) {
    this.report = report;
    const dots = world.asn.length;
    this.sources = result.world.has_clients
      ? Uint32Array.from(result.clients, (client) => client.dot)
      : Uint32Array.from(positive(world.weight));
    this.isSource = new Uint8Array(dots);
    for (const dot of this.sources) this.isSource[dot] = 1;

    this.streamDot = columns.stream_dot as Uint32Array;
    this.streamShare = columns.stream_share as Float32Array;
    this.startFates = columns.stream_start as Uint16Array;
    this.fates = this.startFates.slice();
    this.mainStream = new Uint32Array(dots).fill(NONE);
    this.firstStream = new Uint32Array(dots).fill(NONE);
    this.streamCount = new Uint16Array(dots);
    this.streamDot.forEach((dot, stream) => {
      if (this.firstStream[dot] === NONE) this.firstStream[dot] = stream;
      this.streamCount[dot] += 1;
      const main = this.mainStream[dot];
      if (main === NONE || this.streamShare[stream] > this.streamShare[main]) {
        this.mainStream[dot] = stream;
      }
    });

    this.fateAt = columns.fate_at as Float64Array;
    this.fateStream = columns.fate_stream as Uint32Array;
    this.fateTo = columns.fate as Uint16Array;
    this.fateCause = columns.fate_cause as Uint16Array;
    this.fateNoticed = columns.fate_noticed as Float64Array | undefined;
    this.fateCached = columns.fate_cached as Float64Array | undefined;
    this.startLengths = columns.length as Uint8Array;
    this.lengths = this.startLengths.slice();
    this.routeAt = columns.route_at as Float64Array;
    this.routeDot = columns.route_dot as Uint32Array;
    this.routeLength = columns.route_length as Uint8Array;
    this.unservedAt = columns.unserved_at as Float64Array;
    this.unservedDemand = columns.unserved as Float64Array;
    this.lostUntil = new Float64Array(this.unservedAt.length);
    for (let step = 1; step < this.unservedAt.length; step += 1) {
      const seconds = (this.unservedAt[step] - this.unservedAt[step - 1]) / 1e6;
      this.lostUntil[step] = this.lostUntil[step - 1] + this.unservedDemand[step - 1] * seconds;
    }
    this.loadAt = columns.load_at as Float64Array;
    this.loads = splitLoads(columns, result.sites.length);
    this.seek(0);
  }

  /** When nothing changes any more, in µs. */
  get end(): number {
    return this.report.end_us;
  }

  /** Brings the state to a time in µs, all changes of that instant applied. */
  seek(time: number): void {
    if (time < this.time || this.time < 0) this.rewind();
    const { fateAt, fateStream, fateTo, fates, routeAt, routeDot, routeLength } = this;
    let done = this.fatesDone;
    while (done < fateAt.length && fateAt[done] <= time) {
      fates[fateStream[done]] = fateTo[done];
      done += 1;
    }
    this.fatesDone = done;
    done = this.routesDone;
    while (done < routeAt.length && routeAt[done] <= time) {
      const dot = routeDot[done];
      if (this.isSource[dot]) this.countLength(dot, -1);
      this.lengths[dot] = routeLength[done];
      if (this.isSource[dot]) this.countLength(dot, 1);
      done += 1;
    }
    this.routesDone = done;
    this.time = time;
  }

  private rewind(): void {
    this.fates.set(this.startFates);
    this.lengths.set(this.startLengths);
    this.fatesDone = 0;
    this.routesDone = 0;
    this.lengthSum = 0;
    this.lengthCount = 0;
    if (this.lengths.length > 0) for (const dot of this.sources) this.countLength(dot, 1);
  }

  private countLength(dot: number, sign: 1 | -1): void {
    const length = this.lengths[dot];
    if (length === 255) return;
    this.lengthSum += sign * length;
    this.lengthCount += sign;
  }

  /** Mean AS path length of the sources with a route; null if there is none, or DNS steers. */
  meanLength(): number | null {
    return this.lengthCount === 0 ? null : this.lengthSum / this.lengthCount;
  }

  /** The fate of most packets of a dot. */
  fate(dot: number): number {
    const stream = this.mainStream[dot];
    return stream === NONE ? NO_ROUTE : this.fates[stream];
  }

  /** The fate of each stream at t = 0. */
  startOf(): Readonly<Uint16Array> {
    return this.startFates;
  }

  /** The AS path length of each dot at t = 0; empty where DNS steers. */
  startLengthsOf(): Readonly<Uint8Array> {
    return this.startLengths;
  }

  /** Demand without service at a time. */
  unserved(time: number): number {
    const step = lastAtOrBefore(this.unservedAt, time);
    return step < 0 ? 0 : this.unservedDemand[step];
  }

  /** Demand times seconds without service since t = 0. */
  lost(time: number): number {
    const step = lastAtOrBefore(this.unservedAt, time);
    if (step < 0) return 0;
    const seconds = (time - this.unservedAt[step]) / 1e6;
    return this.lostUntil[step] + this.unservedDemand[step] * seconds;
  }

  /** Load of a site at a time. */
  load(site: number, time: number): Load {
    const { at, values } = this.loads[site];
    const step = lastAtOrBefore(at, time);
    const value = (column: number) => (step < 0 ? 0 : values[column][step]);
    return { legit: value(0), offered: value(1), gbps: value(2), used: value(3), loss: value(4) };
  }

  /** How many sources each site serves now, and at the end how many nobody does. */
  sourcesBySite(sites: number): Uint32Array {
    const counts = new Uint32Array(sites + 1);
    for (const dot of this.sources) {
      const fate = this.fate(dot);
      counts[fate < STALE ? fate : sites] += 1;
    }
    return counts;
  }

  /** All changes of a dot's streams, ascending by time. Scans everything: for one dot at a time. */
  changesOf(dot: number): Change[] {
    const first = this.firstStream[dot];
    if (first === NONE) return [];
    const end = first + this.streamCount[dot];
    const found: Change[] = [];
    for (let place = 0; place < this.fateAt.length; place += 1) {
      const stream = this.fateStream[place];
      if (stream >= first && stream < end) found.push(this.change(place));
    }
    return found;
  }

  private change(place: number): Change {
    const cause = this.fateCause[place];
    return {
      at: this.fateAt[place],
      stream: this.fateStream[place],
      fate: this.fateTo[place],
      cause: cause === 0xffff ? -1 : cause,
    };
  }

  /** DNS answers with dead sites that these dots hold now, the next to run out first. */
  rings(dots: ReadonlySet<number>): Ring[] {
    const { fateNoticed, fateCached } = this;
    if (!fateNoticed || !fateCached) return [];
    const rings: Ring[] = [];
    const seen = new Set<number>();
    for (let place = this.fatesDone; place < this.fateAt.length; place += 1) {
      const stream = this.fateStream[place];
      const dot = this.streamDot[stream];
      if (!dots.has(dot) || seen.has(stream)) continue;
      seen.add(stream);
      const fate = this.fates[stream];
      if (fateKind(fate) !== 'stale' || this.fateCause[place] === 0xffff) continue;
      // Where BGP has a part too, packets may wait for that alone: then no answer runs out.
      if (this.report.steering !== 'geodns' && !(fateCached[place] > 0)) continue;
      const event = this.report.events[this.fateCause[place]].at_us;
      rings.push({
        dot,
        stream,
        site: fateSite(fate),
        share: this.streamShare[stream],
        event,
        noticed: event + fateNoticed[place],
        expires: this.fateAt[place],
      });
    }
    return rings;
  }

  /** The event that happened last at a time, by place in the report's events; -1 before all. */
  eventAt(time: number): number {
    let last = -1;
    this.report.events.forEach((event, place) => {
      if (event.at_us <= time) last = place;
    });
    return last;
  }
}

function positive(weights: Float64Array): number[] {
  const found: number[] = [];
  weights.forEach((weight, dot) => {
    if (weight > 0) found.push(dot);
  });
  return found;
}

function splitLoads(
  columns: Columns,
  sites: number,
): { at: Float64Array; values: Float64Array[] }[] {
  const at = columns.load_at as Float64Array;
  const site = columns.load_site as Uint16Array;
  const names = ['load_legit', 'load_offered', 'load_gbps', 'load_used', 'load_loss'];
  const values = names.map((name) => columns[name] as Float64Array);
  const steps: number[][] = Array.from({ length: sites }, () => []);
  site.forEach((which, step) => steps[which].push(step));
  return steps.map((mine) => ({
    at: Float64Array.from(mine, (step) => at[step]),
    values: values.map((column) => Float64Array.from(mine, (step) => column[step])),
  }));
}

/** The last place with a value of at most `limit` in an ascending array; -1 if there is none. */
export function lastAtOrBefore(ascending: Float64Array, limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
