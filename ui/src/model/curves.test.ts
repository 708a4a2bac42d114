import { expect, it } from 'vitest';

import { aligned, valueAt } from './curves';

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
