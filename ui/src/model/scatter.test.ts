import { expect, test } from 'vitest';

import { NONE } from '../engine/columns';
import { Land, scatter } from './scatter';
import type { World } from './track';

/** One continent: the northern hemisphere between 30° W and 30° E. */
function continent(): Land {
  const cells = new Uint8Array(360 * 180);
  for (let row = 0; row < 90; row += 1) cells.fill(1, row * 360 + 150, row * 360 + 210);
  return new Land(360, 180, cells);
}

function world(
  places: [number, number][],
  dots: number,
  place = (dot: number) => dot % places.length,
): World {
  return {
    id: 'test',
    asn: Uint32Array.from({ length: dots }, (_, dot) => dot),
    place: Uint32Array.from({ length: dots }, (_, dot) =>
      places.length === 0 ? NONE : place(dot),
    ),
    weight: new Float64Array(dots).fill(1),
    tier: Uint8Array.from({ length: dots }, (_, dot) => (dot < 5 ? 1 : 3)),
    placeLat: Float32Array.from(places, ([lat]) => lat),
    placeLon: Float32Array.from(places, ([, lon]) => lon),
  };
}

test('dots stay on land, near their city, and the first is in it', () => {
  const land = continent();
  const { x, y, isMap } = scatter(world([[45, 29.5]], 2000), land);
  expect(isMap).toBe(true);
  expect([x[0], y[0]]).toEqual([29.5, 45]);
  for (let dot = 1; dot < 2000; dot += 1) {
    expect(land.isLand(x[dot], y[dot])).toBe(true);
    expect(Math.abs(y[dot] - 45)).toBeLessThan(9);
  }
});

test('equal worlds are scattered equally', () => {
  const make = () =>
    scatter(
      world(
        [
          [45, 10],
          [50, -20],
        ],
        500,
      ),
      continent(),
    );
  expect(make()).toEqual(make());
});

test('a city on an islet that the mask does not know keeps its dots', () => {
  const { x, y } = scatter(world([[-40, -120]], 300), continent());
  for (let dot = 0; dot < 300; dot += 1) {
    expect(Math.hypot(x[dot] + 120, y[dot] + 40)).toBeLessThan(1);
  }
});

test('a world without places is a disc with the largest in the middle', () => {
  const { x, y, isMap } = scatter(world([], 1000), null);
  expect(isMap).toBe(false);
  const far = (dot: number) => Math.hypot(x[dot], y[dot]);
  expect(Math.max(...[0, 1, 2, 3, 4].map(far))).toBeLessThan(far(5));
  expect(far(999)).toBeLessThanOrEqual(1);
});

test('the nearest coast is on land', () => {
  const land = continent();
  expect(land.isLand(-60, 40)).toBe(false);
  const coast = land.nearestCoast(-45, 40)!;
  expect(land.isLand(coast.lon, coast.lat)).toBe(true);
  expect(coast.lon).toBeCloseTo(-29.5, 0);
  expect(land.nearestCoast(150, -60)).toBeNull();
});

test('111 744 dots, a tenth of them in one city, all find a place on land', () => {
  const places = Array.from({ length: 3000 }, (_, place): [number, number] => [
    (place * 7919) % 89,
    ((place * 104729) % 59) - 29,
  ]);
  const big = world(places, 111_744, (dot) => (dot % 10 === 0 ? 0 : dot % places.length));
  const { x, y } = scatter(big, continent());
  expect(x.length).toBe(111_744);
  expect(x.every(Number.isFinite) && y.every(Number.isFinite)).toBe(true);
  // Hardly two in one spot: a city is a cloud, not a dot.
  const spots = new Set(Array.from(x, (one, dot) => `${one.toFixed(4)} ${y[dot].toFixed(4)}`));
  expect(spots.size).toBeGreaterThan(0.9 * big.asn.length);
});
