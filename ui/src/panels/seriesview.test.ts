import { expect, test } from 'vitest';

import { curveOf, type Figure, type Weighting } from '../model/series';
import { report, result, track, world } from '../model/testworld';
import { exactTime, seriesCsv, viewOf } from './seriesview';

const spaced = (text: string) => text.replaceAll('\u202f', ' ');
const view = (figure: Figure, weighting: Weighting = 'demand', whole = 40) =>
  viewOf(result(), figure, weighting, whole);

test('values are written as on the cards', () => {
  expect(spaced(view('unserved').text(14))).toBe('35.0 %');
  expect(spaced(view('unserved', 'count', 2).text(1))).toBe('50.0 %');
  expect(view('active').text(1)).toBe('1 of 2');
  expect(view('path').text(2.5)).toBe('2.50');
  expect(spaced(view('convergence').text(5e5))).toBe('500 ms');
  expect(spaced(view('lost').text(24))).toBe('24 k queries');
  expect(spaced(view('lost', 'count').text(7.5))).toBe('7.5 client seconds');
  expect(view('path').text(null)).toBe('–');
});

test('labels of axes are short', () => {
  expect([0, 0.075, 600].map((value) => spaced(view('convergence').tick(value)))).toEqual([
    '0 ms',
    '75 ms',
    '600 s',
  ]);
  expect([500, 20_000, 3e7].map((value) => spaced(view('lost').tick(value)))).toEqual([
    '500',
    '20 k',
    '30 M',
  ]);
});

test('what differs by hundredths is not pressed flat, what is zero stands on the ground', () => {
  expect(view('path').range([2, 2.5])).toEqual([expect.closeTo(1.94), expect.closeTo(2.56)]);
  expect(view('path').range([])).toEqual([0, 1]);
  expect(view('unserved').range([0, 85])).toEqual([0, expect.closeTo(91.8)]);
  expect(view('unserved').range([0])).toEqual([0, 1]);
});

test('the CSV has every change of every run, and nothing where there is nothing', () => {
  const played = { result: result(), report: report(), track: track(), world };
  const curves = [curveOf(played, 'unserved', 'demand'), curveOf(played, 'convergence', 'count')];
  expect(seriesCsv(curves, ['unserved_demand', 'clock_us']).split('\n').slice(0, 4)).toEqual([
    'time_s,unserved_demand,clock_us',
    '0.000000,0,',
    '1.000000,34,0',
    '1.500000,14,500000',
  ]);
});

test('times of a table tell microseconds apart', () => {
  expect([exactTime(600_053_000), exactTime(10_000_001), exactTime(0)].map(spaced)).toEqual([
    '600.053 s',
    '10.000001 s',
    '0 s',
  ]);
});
