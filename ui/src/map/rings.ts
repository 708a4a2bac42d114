// DNS answers with dead sites, as rings around clients. First the health check has to notice, then
// the answer has to run out. Rings that would overlap are told as one number. Pure: no DOM.

import type { Ring } from '../model/track';
import type { Point } from './camera';
import { seconds as spelled } from '../model/format';
import { overlap, type Box } from './placing';

type Phase = 'detecting' | 'expiring';

export interface RingArc {
  x: number;
  y: number;
  phase: Phase;
  /** Of the phase: what has passed of the detection, what is left of the answer. 0 to 1. */
  part: number;
}

/** One ring, or several that are told together. */
export interface RingMark {
  key: string;
  arcs: RingArc[];
  phase: Phase;
  /** Until the first of them runs out, in whole seconds. */
  seconds: number;
  text: string;
  /** Where the text stands. */
  box: Box;
}

/** Rings closer than this, in px, are told together. */
const MERGE_PX = 24;
const BADGE_HEIGHT = 20;
const CHARACTER_PX = 6.4;

interface Group {
  members: { ring: Ring; place: Point }[];
}

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
  const groups: Group[] = [];
  for (const ring of byDot.values()) {
    const place = places.get(ring.dot);
    if (place) groups.push({ members: [{ ring, place }] });
  }
  return apart(groups, time);
}

/**
 * The marks of groups, those told together that would cover each other. Together they need another
 * room, which may cover others: each goes back into the queue until it has its own. A merge leaves
 * one group less, and a grid finds the neighbors, so 200 clients cost little more than ten of 20.
 */
function apart(groups: Group[], time: number): RingMark[] {
  const grid = new Map<string, Set<Placed>>();
  const placed = new Set<Placed>();
  const queue = groups.reverse();
  for (let group = queue.pop(); group; group = queue.pop()) {
    const mark = markOf(group, time);
    const cells = cellsOf(mark);
    const other = find(mark, cells, grid);
    if (!other) {
      const one = { group, mark, cells };
      placed.add(one);
      for (const cell of cells) grid.set(cell, (grid.get(cell) ?? new Set()).add(one));
      continue;
    }
    placed.delete(other);
    for (const cell of other.cells) grid.get(cell)!.delete(other);
    queue.push({ members: [...other.group.members, ...group.members] });
  }
  return [...placed].map(({ mark }) => mark);
}

interface Placed {
  group: Group;
  mark: RingMark;
  cells: Set<string>;
}

const CELL_PX = 48;

/** The cells that a mark stands in: two marks that are in each other's way share one. */
function cellsOf({ box, arcs }: RingMark): Set<string> {
  const cells = new Set<string>();
  const half = MERGE_PX / 2;
  const boxes = arcs.map(({ x, y }) => around(x, y, half));
  for (const { left, right, top, bottom } of [box, ...boxes]) {
    for (let x = Math.floor(left / CELL_PX); x <= Math.floor(right / CELL_PX); x += 1) {
      for (let y = Math.floor(top / CELL_PX); y <= Math.floor(bottom / CELL_PX); y += 1) {
        cells.add(`${x},${y}`);
      }
    }
  }
  return cells;
}

function find(mark: RingMark, cells: Set<string>, grid: Map<string, Set<Placed>>): Placed | null {
  const seen = new Set<Placed>();
  for (const cell of cells) {
    for (const other of grid.get(cell) ?? []) {
      if (seen.has(other)) continue;
      seen.add(other);
      if (areInTheWay(mark, other.mark)) return other;
    }
  }
  return null;
}

function areInTheWay(one: RingMark, other: RingMark): boolean {
  const isClose = one.arcs.some((a) =>
    other.arcs.some((b) => Math.hypot(a.x - b.x, a.y - b.y) < MERGE_PX),
  );
  return isClose || covers(one, other) || covers(other, one);
}

function around(x: number, y: number, reach: number): Box {
  return { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach };
}

/** Whether the text of one mark stands on the text or a ring of another. */
function covers({ box }: RingMark, other: RingMark): boolean {
  const reach = 8;
  return (
    overlap(box, other.box) || other.arcs.some(({ x, y }) => overlap(box, around(x, y, reach)))
  );
}

function markOf({ members }: Group, time: number): RingMark {
  const first = members.reduce((a, b) => (b.ring.expires < a.ring.expires ? b : a)).ring;
  const seconds = Math.max(0, Math.ceil((first.expires - time) / 1e6));
  const left = spelled(1e6 * seconds);
  const text = members.length === 1 ? left : `${members.length} clients, next ${left}`;
  const xs = members.map(({ place }) => place[0]);
  const middle = (Math.min(...xs) + Math.max(...xs)) / 2;
  const bottom =
    Math.min(...members.map(({ place }) => place[1])) - (members.length === 1 ? 13 : 16);
  const half = (text.length * CHARACTER_PX) / 2 + (members.length === 1 ? 0 : 9);
  return {
    key: `${first.dot}`,
    arcs: members.map(({ ring, place: [x, y] }) => ({ x, y, ...phaseOf(ring, time) })),
    phase: phaseOf(first, time).phase,
    seconds,
    text,
    box: {
      left: middle - half,
      right: middle + half,
      top: bottom - (members.length === 1 ? 12 : BADGE_HEIGHT),
      bottom,
    },
  };
}

function phaseOf(ring: Ring, time: number): { phase: Phase; part: number } {
  const isDetecting = time < ring.noticed;
  const part = isDetecting
    ? (time - ring.event) / Math.max(1, Math.min(ring.noticed, ring.expires) - ring.event)
    : (ring.expires - time) / Math.max(1, ring.expires - ring.noticed);
  return { phase: isDetecting ? 'detecting' : 'expiring', part: Math.min(1, Math.max(0, part)) };
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
