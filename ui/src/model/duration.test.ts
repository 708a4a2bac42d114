import { expect, test } from 'vitest';

import { parseDuration, parseTyped, writeDuration } from './duration';

test('times of files', () => {
  const cases: [string, number | null][] = [
    ['0', 0],
    ['0s', 0],
    ['250ms', 250_000],
    ['10s', 1e7],
    ['1m30s', 9e7],
    ['1.5h', 5.4e9],
    ['2d', 1.728e11],
    ['1 m 30 s', 9e7],
    ['-3s', -3e6],
    ['10', null],
    ['', null],
    ['s', null],
    ['10 parsecs', null],
    ['1m-30s', null],
  ];
  for (const [text, us] of cases) expect([text, parseDuration(text)]).toEqual([text, us]);
});

test('typed times may leave out the unit of seconds', () => {
  const cases: [string, number | null][] = [
    ['4.2', 4_200_000],
    ['4,2', 4_200_000],
    ['1m30', 9e7],
    ['1m30s', 9e7],
    ['250ms', 250_000],
    [' 10 S ', 1e7],
    ['5 min', 3e8],
    ['1h', 3.6e9],
    ['1 hour 5 minutes', 3.9e9],
    ['90s', 9e7],
    ['90 sec', 9e7],
    ['1:30', 9e7],
    ['1:05.3', 65_300_000],
    ['1:00:00', 3.6e9],
    ['250 µs', 250],
    ['2\u202fmin 24.429\u202fs', 144_429_000],
    ['1:75', null],
    ['1:75:00', null],
    ['1:', null],
    ['min', null],
    ['soon', null],
    ['', null],
  ];
  for (const [text, us] of cases) expect([text, parseTyped(text)]).toEqual([text, us]);
});

test('what is written is read again', () => {
  for (const us of [0, 1, 999, 1000, 250_000, 1e6, 1_500_000, 6e7, 9e7, 3.6e9, 8.64e10]) {
    expect(parseDuration(writeDuration(us))).toBe(us);
  }
  expect(writeDuration(9e7)).toBe('90s');
  expect(writeDuration(6e8)).toBe('10m');
});
