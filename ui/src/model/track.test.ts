import { expect, test } from 'vitest';

import { LOOPING, NO_ROUTE, STALE } from '../engine/columns';
import { lastAtOrBefore, Track } from './track';
import { columns, report, result, track, world } from './testworld';

const fates = (at: number) => {
  const one = track();
  one.seek(at);
  return [...one.fates];
};

test('a seek applies all changes of its instant and none after', () => {
  expect(fates(0)).toEqual([0, 0, 1]);
  expect(fates(999_999)).toEqual([0, 0, 1]);
  expect(fates(1e6)).toEqual([STALE, STALE, 1]);
  expect(fates(1.2e6)).toEqual([STALE, LOOPING, 1]);
  expect(fates(4e6)).toEqual([1, 1, NO_ROUTE]);
});

test('back and forth ends where a straight seek ends', () => {
  const one = track();
  for (const at of [12e6, 0, 4e6, 1e6, 10.5e6, 1.2e6, 3e6]) {
    one.seek(at);
    const straight = track();
    straight.seek(at);
    expect([...one.fates]).toEqual([...straight.fates]);
    expect([...one.lengths]).toEqual([...straight.lengths]);
    expect(one.meanLength()).toBe(straight.meanLength());
  }
});

test('the mean path is that of sources with a route', () => {
  const one = track();
  expect(one.meanLength()).toBe(1.5);
  one.seek(1e6);
  expect(one.meanLength()).toBe(2);
  one.seek(1.5e6);
  expect(one.meanLength()).toBe(2.5);
});

test('what is lost is the integral of what is unserved', () => {
  const one = track();
  expect([0, 1e6, 1.5e6, 2e6, 3e6, 12e6].map((at) => one.unserved(at))).toEqual([
    0, 34, 14, 14, 0, 0,
  ]);
  expect([0, 1e6, 1.25e6, 1.5e6, 2e6, 3e6, 12e6].map((at) => one.lost(at))).toEqual([
    0, 0, 8.5, 17, 24, 38, 38,
  ]);
});

test('a dot is where most of its packets go', () => {
  const one = track();
  expect(one.fate(1)).toBe(0);
  expect(one.fate(2)).toBe(NO_ROUTE);
  expect([...one.sourcesBySite(2)]).toEqual([2, 0, 0]);
  one.seek(1e6);
  expect([...one.sourcesBySite(2)]).toEqual([0, 0, 2]);
  one.seek(4e6);
  expect([...one.sourcesBySite(2)]).toEqual([0, 2, 0]);
});

test('loads are steps', () => {
  const one = track();
  expect(one.load(0, 0)).toEqual({ legit: 34, offered: 40, gbps: 0, used: 4 / 3, loss: 0.25 });
  expect(one.load(0, 5e6).offered).toBe(0);
  expect(one.load(1, 1.4e6).offered).toBe(6);
  expect(one.load(1, -1).offered).toBe(0);
});

test('changes of a dot are those of its streams', () => {
  expect(
    track()
      .changesOf(1)
      .map((change) => [change.at, change.stream]),
  ).toEqual([
    [1e6, 1],
    [1.2e6, 1],
    [2e6, 1],
    [3e6, 1],
    [4e6, 2],
    [9e6, 2],
  ]);
  expect(track().changesOf(2)).toEqual([]);
});

test('rings are answers with a dead site, with when they were noticed and run out', () => {
  const one = track();
  const dots = new Set([0, 1, 2]);
  expect(one.rings(dots)).toEqual([]);
  one.seek(2e6);
  expect(one.rings(dots)).toEqual([
    {
      dot: 1,
      stream: 1,
      site: 0,
      share: expect.closeTo(0.7),
      event: 1e6,
      noticed: 1.5e6,
      expires: 3e6,
      isKept: false,
    },
  ]);
  one.seek(3e6);
  expect(one.rings(dots)).toEqual([]);
});

test('an answer that is kept until the site returns dates from its failure', () => {
  const all = columns();
  const last = all.fate_at.length - 1;
  // Berlin still asks the dead site when it returns, at 10.5 s.
  (all.fate as Uint16Array)[3] = STALE;
  const ring = (detected_us: number | null) => {
    const events = report().events.map((one, place) => (place ? one : { ...one, detected_us }));
    const one = new Track(result(), report({ steering: 'geodns', events }), world, all);
    one.seek(5e6);
    return one.rings(new Set([0]))[0];
  };
  expect([all.fate_at[last], all.fate_stream[last], all.fate[last]]).toEqual([10.5e6, 0, 0]);
  expect(ring(2e6)).toMatchObject({ event: 1e6, noticed: 3e6, expires: 10.5e6, isKept: true });
  // It is back before a check has noticed.
  expect(ring(null)).toMatchObject({ event: 1e6, noticed: Infinity, isKept: true });
  expect(ring(9.6e6).noticed).toBe(Infinity);
});

test('a stale answer that goes back to no event has no ring', () => {
  const all = columns();
  (all.fate_cause as Uint16Array).fill(0xffff);
  const one = new Track(result(), report(), world, all);
  one.seek(2e6);
  expect(one.rings(new Set([1]))).toEqual([]);
});

test('under hybrid steering, packets that wait for BGP alone have no ring', () => {
  const all = columns();
  // A hold timer has noticed, and no cache had to forget.
  (all.fate_noticed as Float64Array).fill(5e5);
  (all.fate_cached as Float64Array).fill(0);
  const rings = (steering: 'hybrid' | 'geodns') => {
    const one = new Track(result(), report({ steering }), world, all);
    one.seek(2e6);
    return one.rings(new Set([1]));
  };
  expect(rings('hybrid')).toEqual([]);
  expect(rings('geodns')).toHaveLength(1);
});

test('the event of a time is the last one that has happened', () => {
  const one = track();
  expect([0, 1e6, 9e6, 1e7, 2e7].map((at) => one.eventAt(at))).toEqual([-1, 0, 0, 1, 1]);
});

test('a search in ascending times', () => {
  const times = Float64Array.of(1, 3, 3, 7);
  expect([0, 1, 2, 3, 6, 7, 9].map((at) => lastAtOrBefore(times, at))).toEqual([
    -1, 0, 0, 2, 2, 3, 3,
  ]);
});
