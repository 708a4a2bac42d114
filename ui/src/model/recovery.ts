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

/** How many sources send most of their packets to a dead site, or into a link that is down. */
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

/**
 * The clock of all events of an instant: several sites may fail at once, and it stands when the last
 * of them does.
 */
export function clockAt(events: EventInfo[], at: number, time: number, isDns: boolean): Clock {
  const ranks: Clock['kind'][] = ['none', 'done', 'running', 'never'];
  const later = (a: Clock, b: Clock) => {
    const byKind = ranks.indexOf(b.kind) - ranks.indexOf(a.kind);
    const isLonger = 'us' in a && 'us' in b && b.us > a.us;
    return byKind > 0 || (byKind === 0 && isLonger) ? b : a;
  };
  return events
    .filter((event) => event.at_us === at)
    .map((event) => clockOf(event, time, isDns))
    .reduce(later, { kind: 'none' });
}

/** Events before an instant that are not over at a time: what fails next does not end them. */
export function stillOpen(
  events: EventInfo[],
  before: number,
  time: number,
  isDns: boolean,
): EventInfo[] {
  const isOpen = (event: EventInfo) =>
    ['running', 'never'].includes(clockOf(event, time, isDns).kind);
  return events.filter((event) => event.at_us < before && isOpen(event));
}

/**
 * How long after an event it was over, in µs: the last route has changed, all who can be are served
 * again, and what it left in tables and caches is gone. Null if nothing came of it.
 */
export function settledUs(
  event: Pick<EventInfo, 'converged_us' | 'all_us' | 'cleanup_us'>,
): number | null {
  const all = [event.converged_us, event.all_us, event.cleanup_us].filter((us) => us !== null);
  return all.length === 0 ? null : Math.max(...all);
}
