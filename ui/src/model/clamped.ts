// Whose resolver keeps answers longer than their TTL allows: it raises TTLs to a minimum of its own
// or stretches them (models 12A). Pure: no DOM.

import type { ScenarioDoc } from '../engine/api';
import { parseDuration } from './duration';
import type { Track } from './track';

const TTL_DEFAULT_US = 60e6;
const known = new WeakMap<Track, { ttl: number; streams: ReadonlySet<number> }>();

/** The TTL of answers in µs, with the default of files. */
export function ttlOf(doc: ScenarioDoc): number {
  const { ttl } = doc.geodns ?? {};
  return (typeof ttl === 'string' ? parseDuration(ttl) : null) ?? TTL_DEFAULT_US;
}

/**
 * Streams whose resolver held an answer for longer than the TTL at any time of the run. One that
 * never had to, since its answer was old already, is not among them: the run does not tell.
 */
export function clampedStreams(track: Track, ttl: number): ReadonlySet<number> {
  const before = known.get(track);
  if (before?.ttl === ttl) return before.streams;
  const streams = new Set<number>();
  track.fateCached?.forEach((us, place) => {
    if (us > ttl) streams.add(track.fateStream[place]);
  });
  known.set(track, { ttl, streams });
  return streams;
}
