import { expect, test } from 'vitest';

import type { ScenarioDoc, SiteInfo } from '../engine/api';
import { result } from './testworld';
import { keyOf, nameSites, siteTitle, titleOf } from './sites';

const DOC: ScenarioDoc = {
  format: 1,
  name: 'test',
  world: { builtin: 'hello' },
  service: { prefixes: ['192.0.2.0/24'] },
};

function sites(...list: [name: string, city: string][]): SiteInfo[] {
  const [like] = result().sites;
  return list.map(([name, city]) => ({ ...like, name, city }));
}

const titles = (list: SiteInfo[]) => list.map((_, place) => siteTitle(list, place));

test('a city stands for its site, unless it has several', () => {
  const list = sites(['fra', 'Frankfurt'], ['nrt', 'Tokyo'], ['hnd', 'Tokyo'], ['x', '']);
  expect(titles(list)).toEqual(['Frankfurt', 'Tokyo (nrt)', 'Tokyo (hnd)', 'x']);
  expect(titleOf(list, list[2])).toBe('Tokyo (hnd)');
  expect(siteTitle(list, 9)).toBe('nowhere');
});

test('a site of the world that was moved says so, a new one does not', () => {
  const list = sites(['fra', 'Warsaw'], ['waw', 'Warsaw'], ['lhr', 'lhr'], ['bom', 'Mumbai']);
  nameSites(list, {
    ...DOC,
    site: [
      { name: 'FRA', city: 'WAW' },
      { name: 'waw', asn: 64510, city: 'WAW' },
      { name: 'lhr', at: [1, 2] },
      { name: 'bom', capacity: { kqps: 10 } },
    ],
  });
  expect(titles(list)).toEqual(['Warsaw (fra, moved)', 'Warsaw (waw)', 'lhr (moved)', 'Mumbai']);
});

test('eight sites have a key', () => {
  expect([0, 7, 8, -1].map(keyOf)).toEqual(['1', '8', null, null]);
});
