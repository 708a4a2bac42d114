import { expect, test } from 'vitest';

import type { RunReport } from '../engine/api';
import { unservedSources } from './recovery';
import {
  changeFrom,
  curveOf,
  landmarks,
  peakOf,
  valueAt,
  type Curve,
  type Figure,
  type Weighting,
} from './series';
import { event, report, result, track, world } from './testworld';

function curve(figure: Figure, weighting: Weighting = 'count', change: Partial<RunReport> = {}) {
  const played = { result: result(), report: report(change), track: track(change), world };
  return curveOf(played, figure, weighting);
}

const points = ({ at, values }: Curve) => [...at].map((time, place) => [time / 1e6, values[place]]);

test('the mean path, each source alike, is that of the track at any time', () => {
  const one = track();
  const counted = curve('path');
  for (const time of [0, 1e6, 1.2e6, 1.5e6, 9e6, 10.5e6, 12e6]) {
    one.seek(time);
    expect([time, valueAt(counted, time)]).toEqual([time, one.meanLength()]);
  }
});

test('the mean path by demand follows those who ask for more', () => {
  const shown = result();
  shown.clients[0].weight = 60;
  const played = { result: shown, report: report(), track: track(), world };
  const weighted = curveOf(played, 'path', 'demand');
  // Berlin asks for 60 of 80 over one AS, Istanbul for 20 over two.
  expect(valueAt(weighted, 0)).toBeCloseTo((60 * 1 + 20 * 2) / 80);
  expect(valueAt(weighted, 1e6)).toBe(2);
  expect(valueAt(weighted, 2e6)).toBeCloseTo((60 * 3 + 20 * 2) / 80);
});

test('where nobody has a route there is no mean', () => {
  const one = track();
  one.routeDot[1] = 1;
  one.routeLength[1] = 255;
  const played = { result: result(), report: report(), track: one, world };
  expect(valueAt(curveOf(played, 'path', 'count'), 2e6)).toBeNull();
  expect(valueAt(curveOf(played, 'path', 'demand'), 2e6)).toBeNull();
  expect(valueAt(curveOf(played, 'path', 'demand'), 11e6)).toBe(1);
});

test('without service: by demand as the engine says, by count as the track finds it', () => {
  const one = track();
  const [byDemand, byCount] = [curve('unserved', 'demand'), curve('unserved', 'count')];
  for (let time = 0; time <= 12e6; time += 5e5) {
    one.seek(time);
    expect([time, valueAt(byDemand, time)]).toEqual([time, one.unserved(time)]);
    expect([time, valueAt(byCount, time)]).toEqual([time, unservedSources(one)]);
  }
  expect(points(byCount)).toEqual([
    [0, 0],
    [1, 2],
    [1.5, 1],
    [3, 0],
    [4, 1],
    [9, 0],
  ]);
});

test('lost is the sum of it over time, in both units', () => {
  const one = track();
  const byDemand = curve('lost', 'demand');
  for (const time of [0, 1e6, 1.3e6, 2.2e6, 5e6, 12e6]) {
    expect(valueAt(byDemand, time)).toBeCloseTo(one.lost(time), 9);
  }
  const byCount = curve('lost', 'count');
  expect(valueAt(byCount, 1.5e6)).toBe(1);
  expect(valueAt(byCount, 12e6)).toBe(1 + 1.5 + 5);
});

test('active sites step with their standing', () => {
  const at = (at_us: number, is_active: boolean) => ({
    at_us,
    site: 0,
    state: is_active ? ('up' as const) : ('failed' as const),
    is_active,
    serves: is_active,
  });
  const standing = [at(0, true), at(1e6, false), at(10e6, true)];
  expect(points(curve('active', 'count', { standing }))).toEqual([
    [0, 2],
    [1, 1],
    [10, 2],
  ]);
});

test('the clock runs with an event, stands when it is over, and starts again with the next', () => {
  const clock = curve('convergence');
  const at = (seconds: number) => valueAt(clock, seconds * 1e6);
  expect([at(0.5), at(1), at(1.3), at(1.5), at(6)]).toEqual([null, 0, 3e5, 5e5, 5e5]);
  expect([at(10), at(10.25), at(11), at(12)]).toEqual([0, 2.5e5, 5e5, 5e5]);
});

test('an event that nothing comes of has no clock; one that never ends has one while it runs', () => {
  const quiet = { events: [event({ converged_us: null })] };
  expect(valueAt(curve('convergence', 'count', quiet), 2e6)).toBeNull();
  const events = [event({ all_us: null, end_us: 12e6 })];
  const never = curve('convergence', 'count', { steering: 'geodns', events });
  expect([valueAt(never, 6e6), valueAt(never, 12e6)]).toEqual([expect.closeTo(5e6), null]);
});

test('the peak between two times, and the changes next to one', () => {
  const share = curve('unserved', 'demand');
  expect(peakOf(share, 0, 12e6)).toBe(34);
  expect(peakOf(share, 1.6e6, 12e6)).toBe(14);
  expect(peakOf(share, 5e6, 12e6)).toBe(0);
  expect(changeFrom(share, 1.2e6, false)).toBe(1.5e6);
  expect(changeFrom(share, 1.5e6, true)).toBe(1e6);
  expect(changeFrom(share, 3e6, false)).toBeNull();
});

test('a picture keeps the ends and extremes of each of its columns', () => {
  const length = 10_000;
  const many: Curve = {
    shape: 'step',
    at: Float64Array.from({ length }, (_, place) => place),
    values: Float64Array.from({ length }, (_, place) => (place === 4321 ? 99 : place % 7)),
  };
  const kept = landmarks(many, (time) => time / length, 50);
  expect(kept.length).toBeLessThanOrEqual(4 * 50);
  expect(kept).toEqual([...kept].sort((a, b) => a - b));
  expect(kept).toContain(4321);
  expect(kept.at(0)).toBe(0);
  expect(kept.at(-1)).toBe(length - 1);
});
