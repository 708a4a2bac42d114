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
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const LINE = 14;
const GAP = 5;

/** A place for each label, or null where there is no room. `others` are marks to keep free. */
export function placeLabels(
  wishes: LabelWish[],
  others: { x: number; y: number; radius: number }[],
  width: number,
  height: number,
): (LabelPlace | null)[] {
  const taken: Box[] = [];
  const marks = [...wishes, ...others].map(({ x, y, radius }) => around(x, y, radius));
  return wishes.map((wish, index) => {
    const fits = candidates(wish).map((place) => {
      const box = boxOf(wish, place);
      const isInside =
        box.left >= 2 && box.right <= width - 2 && box.top >= 2 && box.bottom <= height - 2;
      if (!isInside || taken.some((other) => overlap(box, other))) return null;
      const covered = marks.filter((mark, other) => other !== index && overlap(box, mark)).length;
      return { place, box, covered };
    });
    // A label may cover a client if need be, never another label.
    let best: { place: LabelPlace; box: Box; covered: number } | null = null;
    for (const fit of fits) if (fit && (!best || fit.covered < best.covered)) best = fit;
    if (!best) return null;
    taken.push(best.box);
    return best.place;
  });
}

function candidates({ radius }: LabelWish): LabelPlace[] {
  const side = radius + GAP;
  const slant = radius * 0.75 + 2;
  return [
    { dx: side, dy: 4, anchor: 'start' },
    { dx: -side, dy: 4, anchor: 'end' },
    { dx: 0, dy: -radius - 5, anchor: 'middle' },
    { dx: 0, dy: radius + 13, anchor: 'middle' },
    { dx: slant, dy: -slant, anchor: 'start' },
    { dx: slant, dy: slant + 9, anchor: 'start' },
    { dx: -slant, dy: -slant, anchor: 'end' },
    { dx: -slant, dy: slant + 9, anchor: 'end' },
  ];
}

function boxOf({ x, y, width }: LabelWish, { dx, dy, anchor }: LabelPlace): Box {
  const left = x + dx - (anchor === 'start' ? 0 : anchor === 'end' ? width : width / 2);
  return { left, top: y + dy - LINE + 3, right: left + width, bottom: y + dy + 3 };
}

function around(x: number, y: number, radius: number): Box {
  return { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius };
}

function overlap(a: Box, b: Box): boolean {
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
