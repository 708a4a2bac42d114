import { expect, test } from 'vitest';

import { spotsBetween } from '../map/spots';
import { EARTH } from '../map/camera';
import { heaviest } from './heaviest';

test('the heaviest networks of a brush, the first of equals, and no router without users', () => {
  const weight = [5, 0, 9, 5, 1];
  expect(heaviest([4, 3, 2, 1, 0], weight, 3)).toEqual([2, 0, 3]);
  expect(heaviest([1], weight, 3)).toEqual([]);
});

test('places for clients are on land, inside the brush, and always the same', () => {
  const [from, to] = [EARTH.project([-20, 50]), EARTH.project([30, 10])];
  const isLand = (lon: number) => lon > 0;
  const spots = spotsBetween(EARTH, isLand, from, to, 20);
  expect(spots).toHaveLength(20);
  for (const [lat, lon] of spots) {
    expect(lon).toBeGreaterThan(0);
    const [x, y] = EARTH.project([lon, lat]);
    expect(x).toBeLessThanOrEqual(to[0]);
    expect(y).toBeGreaterThanOrEqual(Math.min(from[1], to[1]));
    expect(y).toBeLessThanOrEqual(Math.max(from[1], to[1]));
  }
  expect(new Set(spots.map(String)).size).toBe(20);
  expect(spotsBetween(EARTH, isLand, from, to, 20)).toEqual(spots);
});

test('a brush over the sea has no places', () => {
  expect(spotsBetween(EARTH, () => false, [0, 0], [10, 10], 5)).toEqual([]);
});
