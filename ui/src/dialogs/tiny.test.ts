import { expect, test } from 'vitest';

import { STALE } from '../engine/columns';
import { beginning, startFates } from './tiny';

test('scenarios that differ in what happens later have the same picture', () => {
  const doc = { format: 1, name: 'a', world: { builtin: 'eight' }, service: { prefixes: ['x'] } };
  const later = { ...doc, name: 'b', question: '?', event: [{ at: '1s', fail: 'fra' }] };
  expect(beginning(later)).toEqual(beginning(doc));
  expect(beginning({ ...doc, steering: 'geodns' })).not.toEqual(beginning(doc));
});

test('a client goes where most of its packets go', () => {
  const columns = {
    stream_dot: Uint32Array.of(0, 1, 1, 2),
    stream_share: Float32Array.of(1, 0.3, 0.7, 1),
    stream_start: Uint16Array.of(4, 1, 2, STALE | 3),
  };
  expect([...startFates(columns, 4)]).toEqual([4, 2, -1, -1]);
});
