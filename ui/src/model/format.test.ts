import { expect, test } from 'vitest';

import { clock, count, millis, number, percent, plural, seconds, secondsOrNever } from './format';

const spaced = (text: string) => text.replaceAll('\u202f', ' ');

// The values of crates/cli/src/commands/simulate/words.rs: a number on screen equals that of the
// command line, but for the width of the space.
test('times show what tells something', () => {
  const shown = [0, 86_123, 1_500_000, 169_331_000, -5_000, 60_382_500_000, 1_234_567_890].map(
    seconds,
  );
  expect(shown.map(spaced)).toEqual([
    '0 s',
    '0.086 s',
    '1.5 s',
    '169.331 s',
    '-0.005 s',
    '60 382.5 s',
    '1 234.6 s',
  ]);
  expect(secondsOrNever(null)).toBe('never');
  expect(spaced(secondsOrNever(11_000))).toBe('0.011 s');
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

test('places in time have minutes from 100 s on', () => {
  expect(
    [0, 4_200_000, 99_999_000, 100_000_000, 650_500_000, -3_600_000].map((us) => spaced(clock(us))),
  ).toEqual(['0 s', '4.2 s', '99.999 s', '1 m 40 s', '10 m 50.5 s', '−3.6 s']);
});
