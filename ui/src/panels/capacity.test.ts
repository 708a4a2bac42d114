import { expect, test } from 'vitest';

import type { ScenarioDoc } from '../engine/api';
import { capacityEvent, capacityText, snapped, stepOf, withCapacity } from './capacity';

const doc: ScenarioDoc = {
  format: 1,
  name: 'test',
  world: { builtin: 'eight' },
  service: { prefixes: ['192.0.2.0/24'] },
  site: [{ name: 'fra', city: 'FRA', capacity: { kqps: 300, gbps: 40 } }],
  event: [
    { at: '20s', capacity: { site: 'FRA', kqps: 50 } },
    { at: '10s', fail: 'lhr' },
    { at: '5s', capacity: { site: 'fra', kqps: 100, gbps: 10 } },
  ],
};

test('before anything has changed it, a capacity is how the site is built', () => {
  const next = withCapacity(doc, 'fra', 'kqps', 0, 250);
  expect(next.site).toEqual([{ name: 'fra', city: 'FRA', capacity: { kqps: 250, gbps: 40 } }]);
  expect(next.event).toBe(doc.event);
});

test('a site that only the world has gets an entry with this capacity alone', () => {
  const next = withCapacity(doc, 'lhr', 'gbps', 30e6, 4);
  expect(next.site?.[1]).toEqual({ name: 'lhr', capacity: { gbps: 4 } });
});

test('later it is the event that set it last, in this unit', () => {
  const change = (unit: 'kqps' | 'gbps', time: number) =>
    withCapacity(doc, 'fra', unit, time, 7).event!.map((event) => event.capacity);
  expect(change('kqps', 30e6)).toEqual([
    { site: 'FRA', kqps: 7 },
    undefined,
    { site: 'fra', kqps: 100, gbps: 10 },
  ]);
  // The event at 20 s says nothing of gigabits.
  expect(change('gbps', 30e6)[2]).toEqual({ site: 'fra', kqps: 100, gbps: 7 });
  expect(change('kqps', 19e6)[2]).toEqual({ site: 'fra', kqps: 7, gbps: 10 });
  expect(capacityEvent(doc, 'fra', 'kqps', 4e6)).toBeNull();
});

test('steps are round, and values are their multiples', () => {
  expect([stepOf(680), stepOf(100), stepOf(101), stepOf(3), stepOf(0)]).toEqual([
    10, 1, 2, 0.05, 1e-6,
  ]);
  expect([snapped(123.4, 10), snapped(-5, 10), snapped(0.31, 0.1)]).toEqual([120, 0, 0.3]);
  expect(snapped(1e12, 10)).toBe(1e9);
});

test('a capacity is written with its unit', () => {
  expect(capacityText(1200, 'kqps').replaceAll('\u202f', ' ')).toBe('1 200 kq/s');
  expect(capacityText(2.5, 'gbps').replaceAll('\u202f', ' ')).toBe('2.5 Gb/s');
});
