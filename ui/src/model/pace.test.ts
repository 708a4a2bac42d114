import { expect, test } from 'vitest';

import { Pace, stepFrom } from './pace';
import { track } from './testworld';

test('a fixed speed is a factor of wall time, and stops at the end', () => {
  const pace = new Pace([track()]);
  expect(pace.advance(0, 100, 1)).toBe(1e5);
  expect(pace.advance(0, 100, 10)).toBe(1e6);
  expect(pace.advance(11.9e6, 1000, 60)).toBe(12e6);
  expect(pace.factor(0, 0.5)).toBe(0.5);
});

test('fit takes as long in small steps as in one', () => {
  const pace = new Pace([track()]);
  let now = 0;
  for (let step = 0; step < 200; step += 1) now = pace.advance(now, 10, 'fit');
  expect(now).toBeCloseTo(pace.advance(0, 2000, 'fit'), 3);
});

test('fit gives each event its time, whatever it takes in the world', () => {
  const pace = new Pace([track()]);
  const wall = (from: number, to: number) => {
    let [now, ms] = [from, 0];
    while (now < to && ms < 1e5) {
      now = pace.advance(now, 1, 'fit');
      ms += 1;
    }
    return ms;
  };
  // The failure goes on for 8 s, the return for half a second: both get 8 s on screen.
  expect(wall(1e6, 9e6)).toBeCloseTo(8000, -2);
  expect(wall(1e7, 10.5e6)).toBeCloseTo(8000, -2);
  expect(wall(0, 1e6)).toBeLessThan(800);
  expect(pace.factor(10.2e6, 'fit')).toBeLessThan(pace.factor(5e6, 'fit'));
});

test('no time is lost at the end', () => {
  const pace = new Pace([track()]);
  expect(pace.advance(0, 1e6, 'fit')).toBe(12e6);
  expect(new Pace([]).advance(0, 100, 'fit')).toBe(0);
});

test('an attack that ends with the run has its time on the screen', () => {
  const one = track();
  const attacked = Object.assign(Object.create(one) as typeof one, {
    fateAt: new Float64Array(),
    routeAt: new Float64Array(),
    loadAt: Float64Array.of(0, 1e6, 12e6),
    report: { ...one.report, events: [{ ...one.report.events[0], half_us: null, all_us: null }] },
  });
  const pace = new Pace([attacked]);
  expect(pace.advance(1e6, 4000, 'fit')).toBeCloseTo(6.5e6, -4);
});

test('a step goes to the next instant at which something changes', () => {
  const tracks = [track()];
  const there: number[] = [];
  for (let at: number | null = 0; at !== null; at = stepFrom(tracks, at, false)) there.push(at);
  expect(there).toEqual([0, 1e6, 1.2e6, 1.5e6, 2e6, 3e6, 4e6, 9e6, 1e7, 10.5e6]);
  const back: number[] = [];
  for (let at: number | null = 12e6; at !== null; at = stepFrom(tracks, at, true)) back.push(at);
  expect(back).toEqual([12e6, ...there.toReversed()]);
});

test('fit gives each stage of an event an equal part', () => {
  const one = track();
  const [event] = one.report.events;
  const marks = [event.detected_us, event.half_us, event.all_us].flatMap((us) => us ?? []);
  const later = marks.filter((us) => us > 0).map((us) => event.at_us + us);
  const ends = [...new Set([...later, 9e6])];
  expect(ends.length).toBeGreaterThan(1);
  const pace = new Pace([one]);
  ends.forEach((end, place) => {
    const before = place === 0 ? event.at_us : ends[place - 1];
    expect(pace.advance(before, 8000 / ends.length, 'fit')).toBeCloseTo(end, -1);
  });
});
