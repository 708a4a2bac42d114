import { expect, test } from 'vitest';

import { event, report, result, track } from '../model/testworld';
import { compareRows, hurtEvent, hurtText, winners } from './compare';

const spaced = (text: string) => text.replaceAll('\u202f', ' ');

test('the least wins, and equal values do not', () => {
  expect(winners([1, 2])).toEqual([true, false]);
  expect(winners([null, 5])).toEqual([false, true]);
  expect(winners([3, 3])).toEqual([false, false]);
  expect(winners([null, null])).toEqual([false, false]);
});

function sides(time: number) {
  const geodns = {
    steering: 'geodns' as const,
    events: [event({ half_us: 60e6, all_us: null, broken_needed: 5 })],
  };
  const two = [{}, geodns].map((change) => ({ report: report(change), track: track(change) }));
  two.forEach((side) => side.track.seek(time));
  return two;
}

test('rows say how both stand now', () => {
  const rows = compareRows(result(), sides(2e6), 2e6);
  const cells = (name: string) =>
    rows
      .find((row) => row.name === name)!
      .cells.map((cell) => `${spaced(cell.text)}${cell.wins ? ' ✓' : ''}`);
  expect(cells('On a dead PoP or link now')).toEqual(['1 / 2', '1 / 2']);
  expect(cells('Half recovered')).toEqual(['2 s ✓', '1 min']);
  expect(cells('All recovered')).toEqual(['8 s ✓', 'never']);
  expect(cells('Lost, in k queries')).toEqual(['24', '24']);
  expect(cells('Flows broken')).toEqual(['0 ✓', '5']);
});

test('before the first failure there is nothing to compare', () => {
  const rows = compareRows(result(), sides(0), 0);
  expect(rows[1].cells.map((cell) => cell.text)).toEqual(['–', '–']);
  expect(hurtText(sides(0), 0)).toBe('Nothing has failed yet.');
  expect(spaced(hurtText(sides(2e6), 2e6))).toBe('Hurt: 75.0 % of demand.');
  // A return hurts nobody: what is compared is the failure before it.
  expect(hurtEvent(sides(11e6), 11e6)).toBe(0);
});
