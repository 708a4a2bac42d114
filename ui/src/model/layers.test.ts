import { expect, test } from 'vitest';

import {
  inflationValues,
  lengthValues,
  recoveryValues,
  stabilityValues,
  tieValues,
} from './layers';
import { track } from './testworld';

test('path lengths, and none without a route', () => {
  const one = track();
  expect(lengthValues(one)).toEqual({
    values: Float32Array.of(1, 2, 0),
    scale: { min: 1, max: 2, unit: 'ASes' },
  });
  one.seek(1e6);
  expect(lengthValues(one).values[0]).toBeNaN();
});

test('time to recover is that of the last event, and grows while it lasts', () => {
  const one = track();
  expect([...recoveryValues(one, 0).values]).toEqual([NaN, NaN, NaN]);
  expect([...recoveryValues(one, 1.3e6).values]).toEqual([
    expect.closeTo(0.3),
    expect.closeTo(0.3),
    NaN,
  ]);
  // Of two streams the one that waited longest: 4 s to 9 s.
  expect([...recoveryValues(one, 9.5e6).values]).toEqual([0.5, 5, NaN]);
  expect([...recoveryValues(one, 11e6).values]).toEqual([NaN, NaN, NaN]);
});

test('moves count when packets arrive at another site', () => {
  const one = track();
  expect([...stabilityValues(one, 0).values]).toEqual([0, 0, NaN]);
  expect([...stabilityValues(one, 3e6).values]).toEqual([1, 1, NaN]);
  expect([...stabilityValues(one, 12e6).values]).toEqual([2, 1, NaN]);
});

test('inflation is never negative, and scales are never empty', () => {
  const { values, scale } = inflationValues(
    Float32Array.of(50, 9, NaN),
    Float32Array.of(10, 10, 1),
  );
  expect([...values]).toEqual([40, 0, NaN]);
  expect(scale).toEqual({ min: 0, max: 40, unit: 'ms' });
  expect(tieValues(Uint8Array.of(1, 1, 0)).scale).toEqual({ min: 1, max: 2, unit: 'sites' });
  expect(tieValues(Uint8Array.of(1, 3, 0)).values[2]).toBeNaN();
});
