// Curves with points of their own, over one axis.

export interface Points {
  name: string;
  points: [number, number][];
}

/** All x that any curve has, ascending, and each curve's y there; `null` where it has no point. */
export function aligned(curves: Points[]): (number | null)[][] {
  const xs = [...new Set(curves.flatMap((curve) => curve.points.map(([x]) => x)))];
  xs.sort((a, b) => a - b);
  const column = ({ points }: Points) => {
    // Of points over one x, as in a step, the last counts.
    const known = new Map(points);
    return xs.map((x) => known.get(x) ?? null);
  };
  return [xs, ...curves.map(column)];
}

/** The y of a curve at an x between two of its points; `null` outside. */
export function valueAt(points: [number, number][], x: number): number | null {
  if (points.length === 0 || x < points[0][0]) return null;
  const after = points.findIndex(([other]) => other > x);
  if (after < 0) return x === points.at(-1)![0] ? points.at(-1)![1] : null;
  const [[x0, y0], [x1, y1]] = [points[after - 1], points[after]];
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}
