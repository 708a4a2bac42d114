import { expect, test } from 'vitest';

import type { Ring } from '../model/track';
import { detection, dnsTerms, expiries } from './expiries';

const ring = (dot: number, expires: number): Ring => ({
  dot,
  stream: dot,
  site: 0,
  share: 1,
  event: 0,
  noticed: 90e6,
  expires,
  isKept: false,
});

test('the next to run out comes first', () => {
  const list = expiries([ring(1, 150e6), ring(2, 100e6), ring(3, 100e6)], 95e6);
  expect(list.map((one) => [one.dot, one.left])).toEqual([
    [2, 5e6],
    [3, 5e6],
    [1, 55e6],
  ]);
});

test('a bar is full until the failure was noticed, then empties', () => {
  const part = (time: number) => expiries([ring(1, 150e6)], time)[0].part;
  expect([10e6, 90e6, 120e6, 150e6].map(part)).toEqual([1, 1, 0.5, 0]);
});

test('detection is over when the last check has noticed', () => {
  expect(detection([ring(1, 150e6)], 30e6)).toEqual({ part: 1 / 3, left: 60e6 });
  expect(detection([ring(1, 150e6)], 90e6)).toBeNull();
  expect(detection([], 0)).toBeNull();
  const unnoticed = { ...ring(1, 50e6), noticed: Infinity, isKept: true };
  expect(detection([unnoticed], 30e6)?.left).toBe(Infinity);
});

test('the terms are those of the file, else the defaults', () => {
  const doc = { format: 1, name: 'x', world: {}, service: { prefixes: [] } };
  const spaced = (text: string) => text.replaceAll('\u202f', ' ');
  expect(spaced(dnsTerms(doc))).toBe('TTL 60 s · health check 30 s × 3');
  const own = { ...doc, geodns: { ttl: '5m', health_check: { interval: '10s', fall: 2 } } };
  expect(spaced(dnsTerms(own))).toBe('TTL 5 m · health check 10 s × 2');
});
