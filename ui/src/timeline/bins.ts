// What the lanes draw, counted once for each width and zoom: the arrays behind are sorted by time,
// so a bin costs two searches however many changes there are. Pure.

import type { Track } from '../model/track';
import { lastAtOrBefore } from '../model/track';
import type { Axis } from './axis';

export interface Bins {
  /** The middle of each bin on the axis. */
  x: Float64Array;
  /** Best routes that change, or packets that take another way where DNS steers alone. */
  changes: Float64Array;
  /** For each run the most demand without service, as a share of all demand. */
  unserved: Float64Array[];
  /** Instants at which DNS answers run out, on the axis, at most one for each bin. */
  expiries: number[];
}

export function binsOf(
  tracks: readonly Track[],
  axis: Axis,
  min: number,
  max: number,
  count: number,
): Bins {
  const edges = Float64Array.from({ length: count + 1 }, (_, place) =>
    axis.toTime(min + ((max - min) * place) / count),
  );
  const x = Float64Array.from(
    { length: count },
    (_, place) => min + ((max - min) * (place + 0.5)) / count,
  );
  const changes = new Float64Array(count);
  for (const track of tracks) {
    const times = track.routeAt.length > 0 ? track.routeAt : track.fateAt;
    // The first bin owns its left edge: an event at t = 0 belongs to the picture.
    let before = lastAtOrBefore(times, min === 0 ? -1 : edges[0]);
    for (let place = 0; place < count; place += 1) {
      const upTo = lastAtOrBefore(times, edges[place + 1]);
      changes[place] += upTo - before;
      before = upTo;
    }
  }
  return {
    x,
    changes,
    unserved: tracks.map((track) => unservedOf(track, edges)),
    expiries: expiriesOf(tracks, edges, x),
  };
}

function unservedOf(track: Track, edges: Float64Array): Float64Array {
  const { unservedAt, unservedDemand } = track;
  const all = track.report.demand || 1;
  const most = new Float64Array(edges.length - 1);
  let step = lastAtOrBefore(unservedAt, edges[0]);
  for (let bin = 0; bin < most.length; bin += 1) {
    let peak = step < 0 ? 0 : unservedDemand[step];
    while (step + 1 < unservedAt.length && unservedAt[step + 1] <= edges[bin + 1]) {
      step += 1;
      peak = Math.max(peak, unservedDemand[step]);
    }
    most[bin] = peak / all;
  }
  return most;
}

function expiriesOf(tracks: readonly Track[], edges: Float64Array, x: Float64Array): number[] {
  const track = tracks.find((one) => one.report.steering !== 'anycast');
  if (!track) return [];
  const found: number[] = [];
  for (let bin = 0; bin < x.length; bin += 1) {
    const from = lastAtOrBefore(track.fateAt, edges[bin]);
    const to = lastAtOrBefore(track.fateAt, edges[bin + 1]);
    for (let change = from + 1; change <= to; change += 1) {
      if (track.fateCause[change] === 0xffff) continue;
      const event = track.report.events[track.fateCause[change]];
      // What changes at the event itself is the outage, not an answer that ran out.
      if (!event || track.fateAt[change] <= event.at_us) continue;
      found.push(x[bin]);
      break;
    }
  }
  return found;
}
