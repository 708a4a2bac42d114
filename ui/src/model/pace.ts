// How fast simulated time passes. A failure that is over in 0.1 s and one that takes minutes should
// both be seen: "fit" gives each event the same time on screen, and in it each stage: until it is
// noticed, until half are served, until all are, until the last route has changed. What lies between
// events is hurried through. Pure: wall time is an argument.

import type { Track } from './track';
import { lastAtOrBefore } from './track';

/** µs of simulated time per ms of wall time: 1000 is real time. */
const REAL = 1000;
/** What one event gets on screen, in ms, and what all together may take. */
const EVENT_MS = 8000;
const ALL_MS = 24000;
const IDLE_MS = 700;

export type Speed = 'fit' | number;
export const SPEEDS: readonly Speed[] = ['fit', 0.01, 0.1, 0.5, 1, 2, 5, 10, 60];

export interface Segment {
  from: number;
  to: number;
  /** µs per ms. */
  rate: number;
}

export class Pace {
  /** Stretches of time that pass at one rate, one after the other, up to the end. */
  readonly segments: Segment[] = [];
  readonly end: number;

  constructor(tracks: readonly Track[]) {
    this.end = Math.max(0, ...tracks.map((track) => track.end));
    const starts = [
      ...new Set(tracks.flatMap((track) => track.report.events.map((event) => event.at_us))),
    ].sort((a, b) => a - b);
    const eventMs = Math.max(1500, Math.min(EVENT_MS, ALL_MS / Math.max(1, starts.length)));
    let from = 0;
    const add = (to: number, ms: number) => {
      if (to > from) this.segments.push({ from, to, rate: (to - from) / ms });
      from = Math.max(from, to);
    };
    starts.forEach((start, place) => {
      add(start, IDLE_MS);
      const next = starts[place + 1] ?? this.end;
      const stages = stageEnds(tracks, start, next);
      for (const stage of stages) add(stage, eventMs / stages.length);
    });
    add(this.end, IDLE_MS);
  }

  /** The factor at a time: 1 is real time. */
  factor(time: number, speed: Speed): number {
    if (speed !== 'fit') return speed;
    return this.rate(time) / REAL;
  }

  private rate(time: number): number {
    const segment = this.segments.find((one) => time < one.to);
    return segment?.rate ?? REAL;
  }

  /** The time after some ms of wall time. Never past the end. */
  advance(time: number, ms: number, speed: Speed): number {
    if (speed !== 'fit') return Math.min(this.end, time + ms * REAL * speed);
    let left = ms;
    let now = time;
    for (const segment of this.segments) {
      if (now >= segment.to) continue;
      const step = left * segment.rate;
      if (now + step < segment.to) return now + step;
      left -= (segment.to - now) / segment.rate;
      now = segment.to;
    }
    return this.end;
  }
}

/** The marks of the events of one instant, ascending, up to the last change before the next. */
function stageEnds(tracks: readonly Track[], start: number, next: number): number[] {
  const last = Math.min(next, Math.max(...tracks.map((track) => lastChange(track, start, next))));
  const marks = tracks.flatMap((track) =>
    track.report.events
      .filter((event) => event.at_us === start)
      .flatMap((event) => [event.detected_us, event.half_us, event.all_us])
      .flatMap((since) => (since === null ? [] : [start + since])),
  );
  const ends = [...new Set(marks)].filter((mark) => mark > start && mark < last);
  return [...ends.sort((a, b) => a - b), last];
}

/** When the last thing changed between an event and the next. */
function lastChange(track: Track, from: number, until: number): number {
  // What happens with the next event is its own; with the end of the run it is ours.
  const within = until >= track.end ? until : until - 1;
  const last = (times: Float64Array) => times[lastAtOrBefore(times, within)] ?? from;
  return Math.max(
    from,
    last(track.fateAt),
    last(track.routeAt),
    last(track.loadAt),
    Math.min(from + 1e4, until),
  );
}

/** The times at which something changes, next to a time; `null` if there is none. */
export function stepFrom(tracks: readonly Track[], time: number, back: boolean): number | null {
  let best: number | null = null;
  const consider = (at: number | undefined) => {
    if (at === undefined || Number.isNaN(at)) return;
    if (back ? at >= time : at <= time) return;
    if (best === null || (back ? at > best : at < best)) best = at;
  };
  for (const track of tracks) {
    for (const times of [track.fateAt, track.routeAt]) {
      consider(
        back ? times[lastAtOrBefore(times, time - 1)] : times[lastAtOrBefore(times, time) + 1],
      );
    }
    for (const event of track.report.events) consider(event.at_us);
  }
  if (best === null) return back && time > 0 ? 0 : null;
  return best;
}
