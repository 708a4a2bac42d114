// One value for each dot, for the layers of the map that show numbers. Pure functions of a track.

import { fateKind, NONE } from '../engine/columns';
import type { Track } from './track';

export interface Scale {
  min: number;
  /** Whatever is more looks like this. */
  max: number;
  unit: string;
}

/** From this many values on, the scale ends where so many of them lie below. */
const CROWD = 100;
const CROWD_SHARE = 0.95;

export interface LayerValues {
  /** NaN where there is none. */
  values: Float32Array;
  scale: Scale;
}

/** AS path length of each dot at the track's time. */
export function lengthValues(track: Track): LayerValues {
  const values = Float32Array.from(track.lengths, (length) => (length === 255 ? NaN : length));
  return { values, scale: { ...bounds(values, 1), unit: 'ASes' } };
}

/**
 * Seconds without service on account of the last event up to a time; NaN for who lost none. Who
 * sends several ways counts with the way that waited longest.
 */
export function recoveryValues(track: Track, time: number): LayerValues {
  const values = new Float32Array(track.mainStream.length).fill(NaN);
  const event = track.eventAt(time);
  if (event >= 0) {
    const from = track.report.events[event].at_us;
    const lostAt = new Float64Array(track.fates.length).fill(-1);
    const waited = new Float64Array(track.fates.length);
    for (let place = 0; place < track.fateAt.length; place += 1) {
      const at = track.fateAt[place];
      if (at > time) break;
      const stream = track.fateStream[place];
      const isServed = fateKind(track.fateTo[place]) === 'served';
      if (isServed && lostAt[stream] >= 0) {
        waited[stream] += at - lostAt[stream];
        lostAt[stream] = -1;
      } else if (!isServed && lostAt[stream] < 0 && at >= from) {
        lostAt[stream] = at;
      }
    }
    waited.forEach((sum, stream) => {
      const us = lostAt[stream] >= 0 ? sum + time - lostAt[stream] : sum;
      const dot = track.streamDot[stream];
      if (us > 0) values[dot] = Math.max(Number.isNaN(values[dot]) ? 0 : values[dot], us / 1e6);
    });
  }
  return { values, scale: { ...bounds(values, 0), unit: 's' } };
}

/** How often each dot came to another site up to a time; NaN for dots without demand. */
export function stabilityValues(track: Track, time: number): LayerValues {
  const values = new Float32Array(track.mainStream.length).fill(NaN);
  for (const dot of track.sources) if (track.mainStream[dot] !== NONE) values[dot] = 0;
  const last = new Int32Array(track.fates.length).fill(-1);
  track.startOf().forEach((fate, stream) => {
    if (fateKind(fate) === 'served') last[stream] = fate;
  });
  for (let place = 0; place < track.fateAt.length && track.fateAt[place] <= time; place += 1) {
    const fate = track.fateTo[place];
    if (fateKind(fate) !== 'served') continue;
    const stream = track.fateStream[place];
    const dot = track.streamDot[stream];
    if (last[stream] >= 0 && last[stream] !== fate && track.mainStream[dot] === stream) {
      values[dot] += 1;
    }
    last[stream] = fate;
  }
  return { values, scale: { ...bounds(values, 0), unit: 'moves' } };
}

/** Round trips as the engine gives them. */
export function rttValues(rtt: Float32Array): LayerValues {
  return { values: rtt, scale: { ...bounds(rtt, 0), unit: 'ms' } };
}

/** Round trip above the best possible. */
export function inflationValues(rtt: Float32Array, best: Float32Array): LayerValues {
  const values = rtt.map((value, dot) => Math.max(0, value - best[dot]));
  return { values, scale: { ...bounds(values, 0), unit: 'ms' } };
}

/** Sites within reach if ties broke otherwise. */
export function tieValues(ties: Uint8Array): LayerValues {
  const values = Float32Array.from(ties, (sites) => (sites === 0 ? NaN : sites));
  return { values, scale: { ...bounds(values, 1), unit: 'sites' } };
}

/** From `least` to the highest value; never empty, so that a colour can be found for each value. */
function bounds(values: Float32Array, least: number): { min: number; max: number } {
  const known = values.filter((value) => value >= least).sort();
  // In a crowd a few far out would leave one colour for all others.
  const place = known.length > CROWD ? Math.floor(known.length * CROWD_SHARE) : known.length - 1;
  const max = known[place] ?? least;
  return { min: least, max: max > least ? max : Math.max(known.at(-1) ?? least, least + 1) };
}
