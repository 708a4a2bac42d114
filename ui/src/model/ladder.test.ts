import { expect, test } from 'vitest';

import type { ChangeInfo } from '../engine/api';
import { isDown, ladder } from './ladder';
import { event, report, result } from './testworld';

function change(at_us: number, as_path: number[] | null, site: number | null): ChangeInfo {
  const to = as_path === null ? null : 'AS9';
  return { at_us, to, as_path: as_path ?? [], site, came_in: '', verdict: '', cause: '' };
}

const CHANGES = [
  change(-5e6, [9, 64500], 0),
  change(1.1e6, [7, 8, 9, 64500], null),
  change(1.2e6, null, null),
  change(1.5e6, [7, 64499], 1),
  change(10.5e6, [9, 64500], 0),
];
const at = (at_us: number, event: number) =>
  ladder({ changes: CHANGES, at_us }, report(), result().sites, event);

test('a site is down from its failure until its return', () => {
  expect([0, 1e6, 9.9e6, 1e7].map((time) => isDown(report(), 0, time))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(isDown(report(), 1, 5e6)).toBe(false);
});

test('a drained site still serves what arrives, and so does one that is not announced', () => {
  for (const how of ['drain', 'unannounced']) {
    const drained = report({ events: [event({ how })] });
    expect([how, isDown(drained, 0, 2e6)]).toEqual([how, false]);
    const why = { changes: CHANGES, at_us: 1.2e6 };
    expect(ladder(why, drained, result().sites, 0)!.rungs.some((rung) => rung.isDead)).toBe(false);
  }
  expect(isDown(report({ events: [event({ how: 'silent' })] }), 0, 2e6)).toBe(true);
});

test('the ladder of a failure', () => {
  const shown = at(12e6, 0)!;
  expect([shown.tried, shown.lasted, shown.longest]).toEqual([2, 5e5, 4]);
  expect(shown.rungs.map((rung) => [rung.after, rung.hasRoute, rung.isDead, rung.isFinal])).toEqual(
    [
      [null, true, true, false],
      [1e5, true, true, false],
      [2e5, false, false, false],
      [5e5, true, false, true],
    ],
  );
});

test('only what has happened by then is in it', () => {
  expect(at(1.15e6, 0)!.rungs).toHaveLength(2);
  expect(at(1.05e6, 0)).toBeNull();
});

test('the ladder of a return starts with the route in use before', () => {
  const shown = at(12e6, 1)!;
  expect(shown.rungs.map((rung) => [rung.after, rung.site, rung.isDead])).toEqual([
    [null, 1, false],
    [5e5, 0, false],
  ]);
  expect(at(12e6, -1)).toBeNull();
});
