import { expect, test } from 'vitest';

import type { Pace } from '../model/pace';
import { Axis } from './axis';

/** An event at 1 s that settles within 0.1 s, and a quiet rest. */
const pace = {
  end: 11e6,
  segments: [
    { from: 0, to: 1e6, rate: 1e6 / 700 },
    { from: 1e6, to: 1.1e6, rate: 1e5 / 8000 },
    { from: 1.1e6, to: 11e6, rate: 9.9e6 / 700 },
  ],
} as unknown as Pace;

for (const kind of ['fit', 'linear', 'log'] as const) {
  const axis = new Axis(kind, pace, [1e6]);

  test(`the ${kind} axis runs from 0 to 1, upwards, and back`, () => {
    expect(axis.toX(0)).toBe(0);
    expect(axis.toX(11e6)).toBeCloseTo(1, 9);
    let last = -1;
    for (let time = 0; time <= 11e6; time += 1e5) {
      const x = axis.toX(time);
      expect(x).toBeGreaterThan(last);
      expect(axis.toTime(x)).toBeCloseTo(time, 2);
      last = x;
    }
  });

  test(`labels of the ${kind} axis leave each other room`, () => {
    const ticks = axis.ticks(0, 1, 800);
    expect(ticks.length).toBeGreaterThan(2);
    for (let next = 1; next < ticks.length; next += 1) {
      expect((ticks[next].x - ticks[next - 1].x) * 800).toBeGreaterThan(50);
    }
  });
}

test('a tenth of a second gets most of the width of the fit axis', () => {
  const axis = new Axis('fit', pace, [1e6]);
  expect(axis.toX(1.1e6) - axis.toX(1e6)).toBeCloseTo(8000 / 9400, 6);
});

test('a run without events has no axis, and nothing breaks', () => {
  const axis = new Axis('fit', { end: 0, segments: [] } as unknown as Pace, []);
  expect([axis.toX(5), axis.toTime(0.5), axis.ticks(0, 1, 800)]).toEqual([0, 0, []]);
});
