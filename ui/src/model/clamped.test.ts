import { expect, test } from 'vitest';

import { clampedStreams, ttlOf } from './clamped';
import { track } from './testworld';

test('a resolver that held an answer longer than the TTL is known by it', () => {
  const one = track();
  expect([...clampedStreams(one, 1e6)]).toEqual([1, 2]);
  expect([...clampedStreams(one, 2e6)]).toEqual([2]);
  // As long as the TTL is not longer.
  expect([...clampedStreams(one, 7.5e6)]).toEqual([]);
});

test('the TTL is that of the file, or the default of files', () => {
  const doc = { format: 1, name: 'x', world: {}, service: { prefixes: [] } };
  expect(ttlOf(doc)).toBe(60e6);
  expect(ttlOf({ ...doc, geodns: { ttl: '1m30s' } })).toBe(90e6);
});
