import { expect, test } from 'vitest';

import {
  clockAt,
  clockOf,
  peakUnserved,
  settledUs,
  staleSources,
  stillOpen,
  unservedSources,
} from './recovery';
import { event, track } from './testworld';

test('a source counts if any part of its packets gets nowhere', () => {
  const one = track();
  const at = (time: number) => {
    one.seek(time);
    return [unservedSources(one), staleSources(one)];
  };
  expect(at(0)).toEqual([0, 0]);
  expect(at(1e6)).toEqual([2, 2]);
  // A loop is no dead site.
  expect(at(1.2e6)).toEqual([2, 1]);
  expect(at(3e6)).toEqual([0, 0]);
  // The smaller part of one has no route.
  expect(at(4e6)).toEqual([1, 0]);
});

test('the peak is that of the time in between', () => {
  const one = track();
  expect(peakUnserved(one, 1e6, 12e6)).toBe(34);
  expect(peakUnserved(one, 0, 999_999)).toBe(0);
  expect(peakUnserved(one, 1.6e6, 12e6)).toBe(14);
});

test('the clock runs to the last change of a best route', () => {
  const one = event({});
  expect(clockOf(one, 1.3e6, false)).toEqual({ kind: 'running', us: 3e5 });
  expect(clockOf(one, 1.5e6, false)).toEqual({ kind: 'done', us: 5e5 });
  expect(clockOf(event({ converged_us: null }), 2e6, false)).toEqual({ kind: 'none' });
});

test('where DNS steers it runs until all are served again', () => {
  const one = event({ converged_us: null });
  expect(clockOf(one, 2e6, true)).toEqual({ kind: 'running', us: 1e6 });
  expect(clockOf(one, 9e6, true)).toEqual({ kind: 'done', us: 8e6 });
  const never = event({ all_us: null });
  expect(clockOf(never, 2e6, true)).toEqual({ kind: 'running', us: 1e6 });
  expect(clockOf(never, 1e7, true)).toEqual({ kind: 'never' });
  const nobody = event({ all_us: null, hurt: { demand: 0, sources: 0 } });
  expect(clockOf(nobody, 2e6, true)).toEqual({ kind: 'none' });
});

test('a failure stays open while the next ones happen', () => {
  const events = [event({}), event({ at_us: 2e6, all_us: null }), event({ at_us: 3e6 })];
  const open = (time: number) => stillOpen(events, 3e6, time, true).map((one) => one.at_us);
  expect(open(4e6)).toEqual([1e6, 2e6]);
  expect(open(9.5e6)).toEqual([2e6]);
  expect(stillOpen(events, 1e6, 4e6, true)).toEqual([]);
  expect(stillOpen(events, 3e6, 4e6, false)).toEqual([]);
});

test('an event is over when routes have settled and caches are empty', () => {
  expect(settledUs(event({}))).toBe(8e6);
  expect(settledUs(event({ cleanup_us: null, all_us: null }))).toBe(5e5);
  expect(settledUs(event({ converged_us: 9e6 }))).toBe(9e6);
  expect(settledUs(event({ converged_us: null, cleanup_us: null, all_us: null }))).toBeNull();
});

test('the clock of events of one instant is that of the slowest', () => {
  const events = [event({}), event({ converged_us: 3e6 }), event({ converged_us: null })];
  expect(clockAt(events, 1e6, 2e6, false)).toEqual({ kind: 'running', us: 1e6 });
  expect(clockAt(events, 1e6, 1e7, false)).toEqual({ kind: 'done', us: 3e6 });
  expect(clockAt(events, 5e6, 1e7, false)).toEqual({ kind: 'none' });
  expect(clockAt([event({}), event({ all_us: null })], 1e6, 1e7, true)).toEqual({ kind: 'never' });
});
