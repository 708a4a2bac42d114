import { expect, test } from 'vitest';

import {
  clock,
  count,
  millis,
  number,
  offset,
  percent,
  plural,
  seconds,
  secondsOrNever,
  short,
  withTimes,
} from './format';

const spaced = (text: string) => text.replaceAll('\u202f', ' ');

test('times have the unit in which they are read', () => {
  const cases: [us: number, text: string][] = [
    [0, '0 s'],
    [0.4, '0.4 µs'],
    [250, '250 µs'],
    [3600, '3.6 ms'],
    [86_123, '86.1 ms'],
    [999_499, '999 ms'],
    [999_600, '1 s'],
    [1_500_000, '1.5 s'],
    [1_003_619.55, '1.004 s'],
    [59_999_700, '1 min'],
    [65_300_000, '1 min 5.3 s'],
    [144_429_000, '2 min 24.429 s'],
    [600_000_000, '10 min'],
    [3_599_999_900, '1 h'],
    [3_903_400_000, '1 h 5 min 3 s'],
    [-5_000, '−5 ms'],
  ];
  for (const [us, text] of cases) expect([us, spaced(seconds(us))]).toEqual([us, text]);
  expect(secondsOrNever(null)).toBe('never');
  expect(spaced(secondsOrNever(11_000))).toBe('11 ms');
});

test('instants and distances are spelled as times are', () => {
  expect([0, 65_300_000, -959_873_000].map((us) => spaced(clock(us)))).toEqual([
    '0 s',
    '1 min 5.3 s',
    '15 min 59.873 s before the start',
  ]);
  expect([0, 3.6e6, -200_000].map((us) => spaced(offset(us)))).toEqual([
    '+0 s',
    '+3.6 s',
    '−200 ms',
  ]);
});

test('times of the engine are spelled the same', () => {
  expect(spaced(withTimes('in use since 959.873 s before the start, and 90.5 s: AS1 s'))).toBe(
    'in use since 15 min 59.873 s before the start, and 1 min 30.5 s: AS1 s',
  );
});

test('numbers show what tells something', () => {
  const shown = [0, 0.25, 12.5, 240, 40_640.25, -1_234_567].map(number);
  expect(shown.map(spaced)).toEqual(['0', '0.25', '12.5', '240', '40 640', '-1 234 567']);
  expect(spaced(percent(1, 3))).toBe('33.3 %');
  expect(spaced(percent(1, 0))).toBe('0 %');
});

test('lines do not break inside a number', () => {
  expect(number(40_640)).toBe('40\u202f640');
  expect(seconds(1e6)).toBe('1\u202fs');
});

test('counts are whole', () => {
  expect(spaced(count(4112.4))).toBe('4 112');
  expect(spaced(plural(1, 'client', 'clients'))).toBe('1 client');
  expect(spaced(plural(0, 'client', 'clients'))).toBe('0 clients');
});

test('round trips have a decimal below ten', () => {
  expect([9.26, 10.4, 0.3, 130.482].map((ms) => spaced(millis(ms)))).toEqual([
    '9.3 ms',
    '10 ms',
    '0.3 ms',
    '130 ms',
  ]);
  expect([millis(null), millis(NaN)]).toEqual(['–', '–']);
});

test('large numbers are short where there is little room', () => {
  const cases: [number, string][] = [
    [100_000, '100k'],
    [999_600, '1M'],
    [982_454_100, '982M'],
    [1_158_398_356, '1.16G'],
  ];
  for (const [value, text] of cases) expect(short(value)).toBe(text);
});
