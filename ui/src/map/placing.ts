// Where marks and labels go on the screen so that none hides another. Greedy and deterministic:
// what comes first keeps its place. Pure: no DOM.

import type { Point } from './camera';

export interface LabelWish {
  /** The mark that it belongs to, and its radius. */
  x: number;
  y: number;
  radius: number;
  width: number;
}

export interface LabelPlace {
  dx: number;
  dy: number;
  anchor: 'start' | 'middle' | 'end';
  /** Of its left end, from the mark. */
  left: number;
  /** So far off that a line has to say whose it is. */
  isFar: boolean;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const LINE = 14;
const GAP = 5;
/** So many marks more may be covered at an old place than at a new one. */
const LOYALTY = 6;

/**
 * A place for each label, or null where there is no room. `others` are marks that it should not
 * cover, `blocked` is what it must not. A label leaves the place that it had `before` only for a
 * much better one: while a run plays, labels should not jump about.
 */
export function placeLabels(
  wishes: LabelWish[],
  others: { x: number; y: number; radius: number }[],
  width: number,
  height: number,
  blocked: Box[] = [],
  before: (LabelPlace | null)[] = [],
): (LabelPlace | null)[] {
  const taken = [...blocked];
  const marks = [...wishes, ...others].map(({ x, y, radius }) => around(x, y, radius));
  return wishes.map((wish, index) => {
    const fits = candidates(wish).map((place) => {
      const box = boxOf(wish, place);
      const isInside =
        box.left >= 2 && box.right <= width - 2 && box.top >= 2 && box.bottom <= height - 2;
      if (!isInside || taken.some((other) => overlap(box, other))) return null;
      const had = before[index];
      const isOld = had && had.anchor === place.anchor && had.dy === place.dy;
      const covered = marks.filter((mark, other) => other !== index && overlap(box, mark)).length;
      return { place, box, covered: isOld ? covered - LOYALTY : covered };
    });
    // A label may cover a client if need be, never another label.
    let best: { place: LabelPlace; box: Box; covered: number } | null = null;
    for (const fit of fits) if (fit && (!best || fit.covered < best.covered)) best = fit;
    if (!best) return null;
    taken.push(best.box);
    return best.place;
  });
}

/** Right of the mark: where a label goes that asks nobody. */
export function labelRight(radius: number): LabelPlace {
  return { dx: radius + GAP, dy: 4, anchor: 'start', left: radius + GAP, isFar: false };
}

/** The best first. The far ones get a line to their mark. */
function candidates({ radius, width }: LabelWish): LabelPlace[] {
  const places: LabelPlace[] = [];
  for (const away of [0, 16, 34]) {
    const side = radius + GAP + away;
    const slant = radius * 0.75 + 2 + away * 0.8;
    const around: [number, number, LabelPlace['anchor']][] = [
      [side, 4, 'start'],
      [-side, 4, 'end'],
      [0, -radius - 6 - away, 'middle'],
      [0, radius + 14 + away, 'middle'],
      [slant, -slant, 'start'],
      [slant, slant + 9, 'start'],
      [-slant, -slant, 'end'],
      [-slant, slant + 9, 'end'],
    ];
    for (const [dx, dy, anchor] of around) {
      const left = dx - (anchor === 'start' ? 0 : anchor === 'end' ? width : width / 2);
      places.push({ dx, dy, anchor, left, isFar: away > 0 });
    }
  }
  return places;
}

function boxOf({ x, y, width }: LabelWish, { dy, left }: LabelPlace): Box {
  return { left: x + left, top: y + dy - LINE + 3, right: x + left + width, bottom: y + dy + 3 };
}

function around(x: number, y: number, radius: number): Box {
  return { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius };
}

export function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

const TURNS = 12;

/**
 * Moves marks off those that stand before them: a client in the city of a site would hide it, and
 * take its clicks. `fixed` are marks that stay. Returns where each mark goes on the screen.
 */
export function declutter(
  places: Point[],
  apart: number,
  fixed: Point[] = [],
  fixedApart = apart,
): Point[] {
  const placed: Point[] = [];
  const isFree = ([x, y]: Point) =>
    placed.every(([px, py]) => Math.hypot(px - x, py - y) >= apart) &&
    fixed.every(([px, py]) => Math.hypot(px - x, py - y) >= fixedApart);
  for (const place of places) {
    let best = place;
    if (!isFree(place)) {
      const blocker = nearest(place, fixed, fixedApart) ?? nearest(place, placed, apart) ?? place;
      const distance = fixed.includes(blocker) ? fixedApart : apart;
      const start = Math.atan2(place[1] - blocker[1], place[0] - blocker[0] || 1e-9);
      search: for (const ring of [1, 1.6, 2.4]) {
        for (let turn = 0; turn < TURNS; turn += 1) {
          // Left and right of the true direction in turn: 0, +1, -1, +2, …
          const step = turn % 2 === 0 ? -(turn / 2) : (turn + 1) / 2;
          const angle = start + (step / TURNS) * 2 * Math.PI;
          const radius = distance * ring + 0.01;
          const candidate: Point = [
            blocker[0] + radius * Math.cos(angle),
            blocker[1] + radius * Math.sin(angle),
          ];
          if (isFree(candidate)) {
            best = candidate;
            break search;
          }
        }
      }
    }
    placed.push(best);
  }
  return placed;
}

function nearest([x, y]: Point, points: Point[], within: number): Point | null {
  let best: Point | null = null;
  let far = within;
  for (const point of points) {
    const distance = Math.hypot(point[0] - x, point[1] - y);
    if (distance < far) {
      far = distance;
      best = point;
    }
  }
  return best;
}
