// DNS answers with dead sites, as rings around clients. First the health check has to notice, then
// the answer has to run out. Rings that would overlap are told as one number. Pure: no DOM.

import type { Ring } from '../model/track';
import type { Point } from './camera';

export interface RingMark {
  x: number;
  y: number;
  /** Clients told by this mark; 1 for a ring, more for a badge. */
  count: number;
  phase: 'detecting' | 'expiring';
  /** Of the phase: what has passed of the detection, what is left of the answer. 0 to 1. */
  part: number;
  /** Until the first of them runs out, in whole seconds. */
  seconds: number;
  key: string;
}

/** Rings closer than this, in px, become one badge. */
const MERGE_PX = 24;

/** What to draw for the rings that `places` knows a point of the screen for. */
export function ringMarks(
  rings: Ring[],
  time: number,
  places: ReadonlyMap<number, Point>,
): RingMark[] {
  const byDot = new Map<number, Ring>();
  for (const ring of rings) {
    const known = byDot.get(ring.dot);
    // Of several answers of one client, the one that most of its packets follow.
    if (!known || ring.share > known.share) byDot.set(ring.dot, ring);
  }
  const groups: { x: number; y: number; members: Ring[] }[] = [];
  for (const ring of byDot.values()) {
    const place = places.get(ring.dot);
    if (!place) continue;
    const near = groups.find(({ x, y }) => Math.hypot(x - place[0], y - place[1]) < MERGE_PX);
    if (!near) {
      groups.push({ x: place[0], y: place[1], members: [ring] });
      continue;
    }
    const count = near.members.push(ring);
    near.x += (place[0] - near.x) / count;
    near.y += (place[1] - near.y) / count;
  }
  return groups.map(({ x, y, members }) => {
    const first = members.reduce((one, other) => (other.expires < one.expires ? other : one));
    const isDetecting = Number.isFinite(first.noticed) && time < first.noticed;
    const noticed = Number.isFinite(first.noticed) ? first.noticed : first.event;
    const part = isDetecting
      ? (time - first.event) / Math.max(1, noticed - first.event)
      : (first.expires - time) / Math.max(1, first.expires - noticed);
    return {
      x,
      y,
      count: members.length,
      phase: isDetecting ? 'detecting' : 'expiring',
      part: Math.min(1, Math.max(0, part)),
      seconds: Math.max(0, Math.ceil((first.expires - time) / 1e6)),
      key: `${first.dot}`,
    };
  });
}

/** A piece of a circle around (0, 0), clockwise from the top, as an SVG path. */
export function arcPath(radius: number, from: number, to: number): string {
  if (to - from >= 0.9999) {
    return `M0,${-radius}A${radius},${radius} 0 1 1 0,${radius}A${radius},${radius} 0 1 1 0,${-radius}`;
  }
  const point = (part: number) => {
    const angle = part * 2 * Math.PI - Math.PI / 2;
    return `${(radius * Math.cos(angle)).toFixed(2)},${(radius * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${point(from)}A${radius},${radius} 0 ${to - from > 0.5 ? 1 : 0} 1 ${point(to)}`;
}
