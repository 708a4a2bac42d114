import { expect, it } from 'vitest';

import { aligned, isStairs, readAt, valueAt } from './curves';

const A: [number, number][] = [
  [0, 0],
  [10, 50],
  [20, 100],
];

it('brings curves to one axis', () => {
  const B: [number, number][] = [
    [5, 10],
    [10, 20],
  ];
  expect(
    aligned([
      { name: 'a', points: A },
      { name: 'b', points: B },
    ]),
  ).toEqual([
    [0, 5, 10, 20],
    [0, null, 50, 100],
    [null, 10, 20, null],
  ]);
});

it('reads between points, and nothing outside', () => {
  expect(valueAt(A, 5)).toBe(25);
  expect(valueAt(A, 20)).toBe(100);
  expect(valueAt(A, 21)).toBeNull();
  expect(valueAt(A, -1)).toBeNull();
  expect(valueAt([], 0)).toBeNull();
});

it('keeps the height of stairs until the next step, and after the last', () => {
  const stairs: [number, number][] = [
    [5, 0],
    [5, 40],
    [20, 40],
    [20, 100],
  ];
  const other: [number, number][] = [
    [10, 0],
    [10, 100],
  ];
  const curves = [
    { name: 'a', points: stairs },
    { name: 'b', points: other },
  ];
  expect(curves.map(isStairs)).toEqual([true, true]);
  expect(isStairs({ name: 'a', points: A })).toBe(false);
  expect(aligned(curves)).toEqual([
    [5, 10, 20],
    [40, 40, 100],
    [0, 100, 100],
  ]);
  const at = [1, 5, 19.9, 20, 50].map((x) => readAt(curves[0], x));
  expect(at).toEqual([0, 40, 40, 100, 100]);
  expect(readAt({ name: 'a', points: A }, 5)).toBe(25);
});
