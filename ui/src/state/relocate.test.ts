import { expect, test } from 'vitest';

import type { World } from '../model/track';
import { dotOfText, dotText, sameDot } from './relocate';

/** A world of routers, each an AS number and a place. */
function world(id: string, routers: [number, number][]): World {
  return {
    id,
    asn: Uint32Array.from(routers, ([asn]) => asn),
    place: Uint32Array.from(routers, ([, place]) => place),
    weight: new Float64Array(routers.length),
    tier: new Uint8Array(routers.length),
    placeLat: Float32Array.of(50, 40, 1),
    placeLon: Float32Array.of(8, -74, 103),
  };
}

const before = world('a', [
  [174, 0],
  [174, 1],
  [3320, 0],
]);
const after = world('b', [
  [64, 2],
  [174, 0],
  [174, 1],
]);

test('a router is found again by its network and its place', () => {
  expect(sameDot(before, after, 1)).toBe(2);
  expect(sameDot(before, before, 1)).toBe(1);
  expect(sameDot(before, after, 2)).toBeNull();
});

test('a link names the router of a network that has several', () => {
  expect([0, 1, 2].map((dot) => dotText(before, dot))).toEqual(['as:174', 'as:174.1', 'as:3320']);
  expect([0, 1, 2].map((dot) => dotOfText(before, dotText(before, dot)))).toEqual([0, 1, 2]);
  expect(dotOfText(before, 'as:174.9')).toBeNull();
  expect(dotOfText(before, 'as:1')).toBeNull();
  expect(dotOfText(before, 'as:x')).toBeNull();
});
