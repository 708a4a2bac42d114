// The marks of sites, the same on the map and in every list: found once for each result.

import type { RunResult } from '../engine/api';
import { assignMarks, type Mark } from '../model/palette';

export { shapePath, type Mark, type Shape } from '../model/palette';

const known = new WeakMap<RunResult, Mark[]>();

/** The marks of all sites, in their order. */
export function marksOf(result: RunResult): Mark[] {
  const before = known.get(result);
  if (before) return before;
  const marks = assignMarks(result);
  known.set(result, marks);
  return marks;
}
