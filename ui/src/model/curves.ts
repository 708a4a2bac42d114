// Curves with points of their own, over one axis.

export interface Points {
  name: string;
  points: [number, number][];
}

/** Whether a curve rises in steps: then some x has two points. */
export function isStairs({ points }: Points): boolean {
  return points.some(([x], place) => points[place + 1]?.[0] === x);
}

/** All x that any curve has, ascending, and each curve's y there; `null` where it has no point. */
export function aligned(curves: Points[]): (number | null)[][] {
  const xs = [...new Set(curves.flatMap((curve) => curve.points.map(([x]) => x)))];
  xs.sort((a, b) => a - b);
  const column = (curve: Points) => {
    const { points } = curve;
    if (isStairs(curve)) return stairsAt(points, xs);
    // Of points over one x, as in a step, the last counts.
    const known = new Map(points);
    return xs.map((x) => known.get(x) ?? null);
  };
  return [xs, ...curves.map(column)];
}

/** The heights of stairs at ascending x: that of the last step at or before, else where they begin. */
function stairsAt(points: [number, number][], xs: number[]): number[] {
  let next = 0;
  return xs.map((x) => {
    while (next < points.length && points[next][0] <= x) next += 1;
    return points[Math.max(0, next - 1)][1];
  });
}

/** What a curve says at an x: the height of its stairs, or what lies between two points. */
export function readAt(curve: Points, x: number): number | null {
  return isStairs(curve) ? stairsAt(curve.points, [x])[0] : valueAt(curve.points, x);
}

/** The y of a curve at an x between two of its points; `null` outside. */
export function valueAt(points: [number, number][], x: number): number | null {
  if (points.length === 0 || x < points[0][0]) return null;
  const after = points.findIndex(([other]) => other > x);
  if (after < 0) return x === points.at(-1)![0] ? points.at(-1)![1] : null;
  const [[x0, y0], [x1, y1]] = [points[after - 1], points[after]];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}
