import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import type { RunResult } from '../engine/api';
import { TOKENS } from '../map/theme';
import { assignMarks, parseColor, shapePath, SHAPES } from './palette';

function sitesAt(places: [number, number][], region = ''): RunResult {
  const sites = places.map(([lat, lon], index) => ({ name: `s${index}`, lat, lon, region }));
  return { sites } as unknown as RunResult;
}

/** A crowd of sites around the world, always the same. */
function crowd(count: number): RunResult {
  return sitesAt(
    Array.from({ length: count }, (_, index) => [
      ((index * 37) % 120) - 55,
      ((index * 83) % 360) - 180,
    ]),
  );
}

test('eight sites have eight colours and eight shapes', () => {
  const marks = assignMarks(crowd(8));
  expect(marks.map(({ slot }) => slot)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(marks.map(({ shape }) => shape)).toEqual([...SHAPES]);
});

test('up to 64 sites no two have the same mark', () => {
  const marks = assignMarks(crowd(64));
  const looks = new Set(marks.map(({ slot, shape }) => `${slot} ${shape}`));
  expect(looks.size).toBe(64);
});

test('a site added last changes no other', () => {
  const before = assignMarks(crowd(20));
  expect(assignMarks(crowd(21)).slice(0, 20)).toEqual(before);
});

test('the nearest site has another colour', () => {
  const marks = assignMarks(
    sitesAt([
      ...Array.from({ length: 8 }, (_, index): [number, number] => [0, index * 40]),
      [0, 1],
    ]),
  );
  expect(marks[8].slot).not.toBe(marks[0].slot);
});

test('above 64 sites a colour is a region', () => {
  const result = crowd(100);
  result.sites.forEach((site, index) => (site.region = index % 2 === 0 ? 'europe' : 'asia'));
  const marks = assignMarks(result);
  expect(new Set(marks.map(({ slot }) => slot)).size).toBe(2);
  expect(marks[0].slot).toBe(marks[2].slot);
});

test('colours are read in both notations', () => {
  expect(parseColor('#fff')).toEqual([255, 255, 255]);
  expect(parseColor('#0b62c4')).toEqual([11, 98, 196]);
});

test('every shape is a closed path', () => {
  for (const shape of SHAPES) expect(shapePath(shape, 8)).toMatch(/^M[^a-z]*Z$/);
});

test('canvases draw with the tokens of the page', () => {
  const css = readFileSync(new URL('../app.css', import.meta.url), 'utf8');
  const [dark, light] = css.split("[data-theme='light']");
  for (const [theme, text] of Object.entries({ dark, light }) as ['dark' | 'light', string][]) {
    for (const [name, color] of Object.entries(TOKENS[theme])) {
      expect(text, `--${name} in ${theme}`).toContain(`--${name}: ${color};`);
    }
  }
});
