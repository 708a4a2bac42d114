// The figures of the strip over the whole run: one curve for each, counted anew from the changes of
// a track. Loaded with the first popover that is opened; the strip itself needs no history. Pure.

import { STALE } from '../engine/columns';
import type { RunReport, RunResult } from '../engine/api';
import { clockAt } from './recovery';
import { standingAfter } from './standing';
import { lastAtOrBefore, type Track, type World } from './track';

/** What one unit of a figure is: a source, or what it asks for. */
export type Weighting = 'count' | 'demand';
export type Figure = 'active' | 'path' | 'convergence' | 'unserved' | 'lost';

/**
 * A figure over time. Times are µs and ascend; a step holds its value until the next, a line goes
 * straight to it. NaN is "there is none".
 */
export interface Curve {
  shape: 'step' | 'line';
  at: Float64Array;
  values: Float64Array;
}

/** What a curve is counted from. */
export interface Played {
  result: RunResult;
  report: RunReport;
  track: Track;
  world: World;
}

const known = new WeakMap<Track, Map<string, Curve>>();

/** The curve of a figure, found once for each run. */
export function curveOf(played: Played, figure: Figure, weighting: Weighting): Curve {
  const curves = known.get(played.track) ?? new Map<string, Curve>();
  known.set(played.track, curves);
  const key = `${figure} ${weighting}`;
  const before = curves.get(key);
  if (before) return before;
  const curve = count(played, figure, weighting);
  curves.set(key, curve);
  return curve;
}

function count(played: Played, figure: Figure, weighting: Weighting): Curve {
  switch (figure) {
    case 'active':
      return activeCurve(played.report, played.result.sites.length);
    case 'path':
      return pathCurve(played.track, weighting === 'demand' ? weights(played) : null);
    case 'convergence':
      return convergenceCurve(played.report);
    case 'unserved':
      return unservedCurve(played.track, weighting);
    case 'lost':
      return lostCurve(curveOf(played, 'unserved', weighting), played.track.end);
  }
}

/** The demand of each dot: that of its client, if it has one. */
function weights({ result, world }: Played): Float64Array {
  const all = world.weight.slice();
  for (const client of result.clients) all[client.dot] = client.weight;
  return all;
}

/** Collects the last value of each instant. */
class Steps {
  private readonly at: number[] = [];
  private readonly values: number[] = [];

  put(at: number, value: number): void {
    const last = this.at.length - 1;
    if (last >= 0 && this.at[last] === at) this.values[last] = value;
    else if (last < 0 || !Object.is(this.values[last], value)) {
      this.at.push(at);
      this.values.push(value);
    }
  }

  curve(shape: Curve['shape']): Curve {
    return { shape, at: Float64Array.from(this.at), values: Float64Array.from(this.values) };
  }
}

/** Sites that are healthy and announced. */
function activeCurve(report: RunReport, sites: number): Curve {
  const steps = new Steps();
  const active = (done: number) =>
    standingAfter(report, sites, done).filter((one) => one.isActive).length;
  steps.put(0, active(0));
  report.standing.forEach((step, place) => steps.put(step.at_us, active(place + 1)));
  return steps.curve('step');
}

/** Mean AS path length of the sources with a route, each alike or by its demand. */
function pathCurve(track: Track, weight: Float64Array | null): Curve {
  const lengths = track.startLengthsOf().slice();
  const steps = new Steps();
  if (lengths.length === 0) return steps.curve('step');
  const weightOf = new Float64Array(lengths.length);
  for (const dot of track.sources) weightOf[dot] = weight ? weight[dot] : 1;
  // What leaves a sum of floats leaves a trace, so who has a route is counted in whole numbers.
  let routed = 0;
  let sum = 0;
  let all = 0;
  const add = (dot: number, sign: 1 | -1) => {
    if (weightOf[dot] === 0 || lengths[dot] === 255) return;
    routed += sign;
    sum += sign * weightOf[dot] * lengths[dot];
    all += sign * weightOf[dot];
  };
  for (const dot of track.sources) add(dot, 1);
  const mean = () => (routed === 0 ? NaN : sum / all);
  steps.put(0, mean());
  for (let place = 0; place < track.routeAt.length; place += 1) {
    const dot = track.routeDot[place];
    add(dot, -1);
    lengths[dot] = track.routeLength[place];
    add(dot, 1);
    steps.put(track.routeAt[place], mean());
  }
  return steps.curve('step');
}

/**
 * The clock of the last event, in µs: it runs from the event on, stands when that is over, and
 * there is none where nothing came of it.
 */
function convergenceCurve(report: RunReport): Curve {
  const isDns = report.steering === 'geodns';
  const starts = [...new Set(report.events.map((event) => event.at_us))];
  const at: number[] = [];
  const values: number[] = [];
  starts.forEach((start, place) => {
    // The clock of an event stands until the next one starts its own.
    const isLast = place === starts.length - 1;
    const end = isLast ? report.end_us : starts[place + 1] - 1;
    const stops = report.events
      .filter((event) => event.at_us === start)
      .flatMap((event) => (isDns ? event.all_us : event.converged_us) ?? [])
      .map((us) => start + us);
    // A clock that never stops runs up to the end, and is none there.
    const turns = [start, ...stops, end - 1, end].filter((time) => time >= start && time <= end);
    for (const time of [...new Set(turns)].sort((a, b) => a - b)) {
      const clock = clockAt(report.events, start, time, isDns);
      at.push(time);
      values.push('us' in clock ? clock.us : NaN);
    }
  });
  return { shape: 'line', at: Float64Array.from(at), values: Float64Array.from(values) };
}

/** Demand without service, as the engine says it; or how many sources lack it in part or whole. */
function unservedCurve(track: Track, weighting: Weighting): Curve {
  if (weighting === 'demand')
    return { shape: 'step', at: track.unservedAt, values: track.unservedDemand };
  const fates = track.startOf().slice();
  const isSource = new Uint8Array(track.firstStream.length);
  for (const dot of track.sources) isSource[dot] = 1;
  /** For each dot how many of its streams are not served. */
  const lacking = new Uint16Array(track.firstStream.length);
  let found = 0;
  const change = (stream: number, by: 1 | -1) => {
    const dot = track.streamDot[stream];
    if (!isSource[dot] || fates[stream] < STALE) return;
    const before = lacking[dot];
    lacking[dot] += by;
    if (before === 0) found += 1;
    else if (lacking[dot] === 0) found -= 1;
  };
  fates.forEach((_, stream) => change(stream, 1));
  const steps = new Steps();
  steps.put(0, found);
  for (let place = 0; place < track.fateAt.length; place += 1) {
    const stream = track.fateStream[place];
    change(stream, -1);
    fates[stream] = track.fateTo[place];
    change(stream, 1);
    steps.put(track.fateAt[place], found);
  }
  return steps.curve('step');
}

/** What a step curve sums to, times seconds. */
function lostCurve(unserved: Curve, end: number): Curve {
  const at = [...unserved.at];
  if (at.length === 0 || at[at.length - 1] < end) at.push(end);
  const values = new Float64Array(at.length);
  for (let step = 1; step < at.length; step += 1) {
    const seconds = (at[step] - at[step - 1]) / 1e6;
    values[step] = values[step - 1] + unserved.values[step - 1] * seconds;
  }
  return { shape: 'line', at: Float64Array.from(at), values };
}

/** The value at a time; null where there is none. */
export function valueAt(curve: Curve, time: number): number | null {
  const { at, values } = curve;
  const step = lastAtOrBefore(at, time);
  if (step < 0) return null;
  let value = values[step];
  if (curve.shape === 'line' && step + 1 < at.length && at[step] < time) {
    const part = (time - at[step]) / (at[step + 1] - at[step]);
    value += (values[step + 1] - value) * part;
  }
  return Number.isNaN(value) ? null : value;
}

/** The largest value from a time to a time. */
export function peakOf(curve: Curve, from: number, to: number): number {
  let peak = Math.max(valueAt(curve, from) ?? 0, valueAt(curve, to) ?? 0);
  let step = lastAtOrBefore(curve.at, from) + 1;
  for (; step < curve.at.length && curve.at[step] <= to; step += 1) {
    if (curve.values[step] > peak) peak = curve.values[step];
  }
  return peak;
}

/** The time of the next or previous change of a curve; null if there is none. */
export function changeFrom(curve: Curve, time: number, back: boolean): number | null {
  const place = back ? lastAtOrBefore(curve.at, time - 1) : lastAtOrBefore(curve.at, time) + 1;
  return curve.at[place] ?? null;
}

/**
 * The places of a curve that a picture of so many columns needs: of each column the first, the
 * last, the lowest and the highest. `toX` says where on the picture a time stands, from 0 to 1.
 */
export function landmarks(curve: Curve, toX: (time: number) => number, columns: number): number[] {
  const { at, values } = curve;
  if (at.length <= 4) return [...at.keys()];
  const kept: number[] = [];
  const columnOf = (place: number) => Math.floor(toX(at[place]) * columns);
  for (let first = 0; first < at.length;) {
    const column = columnOf(first);
    // Where a column ends is searched, not walked to: there may be 400 000 changes.
    let [last, beyond] = [first, at.length];
    while (last + 1 < beyond) {
      const middle = (last + beyond) >> 1;
      if (columnOf(middle) <= column) last = middle;
      else beyond = middle;
    }
    let [low, high] = [first, first];
    for (let place = first + 1; place <= last; place += 1) {
      if (values[place] < values[low]) low = place;
      if (values[place] > values[high]) high = place;
    }
    kept.push(...new Set([first, low, high, last].sort((a, b) => a - b)));
    first = last + 1;
  }
  return kept;
}
