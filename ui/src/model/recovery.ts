// Who is without service, since when, and who moved. Pure functions of a track.

import { fateKind, STALE } from '../engine/columns';
import type { EventInfo } from '../engine/api';
import { lastAtOrBefore, type Track } from './track';

/** How many sources have no service for a part of their packets, or all, at the track's time. */
export function unservedSources(track: Track): number {
  let found = 0;
  for (const dot of track.sources) {
    const first = track.firstStream[dot];
    const end = first + track.streamCount[dot];
    for (let stream = first; stream < end; stream += 1) {
      if (track.fates[stream] < STALE) continue;
      found += 1;
      break;
    }
  }
  return found;
}

/** How many sources send most of their packets to a site that does not answer. */
export function staleSources(track: Track): number {
  let found = 0;
  for (const dot of track.sources) if (fateKind(track.fate(dot)) === 'stale') found += 1;
  return found;
}

/** Most demand without service at once, from a time to a time. */
export function peakUnserved(track: Track, from: number, to: number): number {
  let peak = track.unserved(from);
  let step = lastAtOrBefore(track.unservedAt, from) + 1;
  for (; step < track.unservedAt.length && track.unservedAt[step] <= to; step += 1) {
    peak = Math.max(peak, track.unservedDemand[step]);
  }
  return peak;
}

/** Where the last clock of an event stands at a time. */
export type Clock =
  | { kind: 'none' }
  | { kind: 'running'; us: number }
  | { kind: 'done'; us: number }
  | { kind: 'never' };

/**
 * The clock of an event at a time: to the last change of a best route; where DNS steers, to the
 * service of the last of the hurt.
 */
export function clockOf(event: EventInfo, time: number, isDns: boolean): Clock {
  const passed = time - event.at_us;
  const until = isDns ? event.all_us : event.converged_us;
  if (until === null) {
    const isOpen = isDns && event.hurt.sources > 0;
    if (!isOpen) return { kind: 'none' };
    return time < event.end_us ? { kind: 'running', us: passed } : { kind: 'never' };
  }
  return passed < until ? { kind: 'running', us: passed } : { kind: 'done', us: until };
}

/** When an event is over for whoever looks at who came back; null if it never is. */
export function settledAt(event: EventInfo): number | null {
  const after = event.converged_us ?? event.cleanup_us ?? event.all_us;
  return after === null ? null : event.at_us + after;
}
