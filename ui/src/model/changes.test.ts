import { expect, test } from 'vitest';

import type { ScenarioDoc } from '../engine/api';
import {
  applyChange,
  applyChanges,
  changeText,
  isChanges,
  withChange,
  type Change,
  type KnownSite,
} from './changes';

const DOC: ScenarioDoc = {
  format: 1,
  name: 'eight',
  world: { builtin: 'eight' },
  service: { prefixes: ['192.0.2.0/24'] },
  site: [{ name: 'fra', capacity: { gbps: 40 } }],
  event: [
    { at: '1s', fail: 'bom' },
    { at: '2s', fail: 'lhr' },
  ],
};
const SITES: KnownSite[] = [
  { name: 'fra', neighbors: [1299, 3356], isOfWorld: true },
  { name: 'bom', neighbors: [6453], isOfWorld: true },
  { name: 'waw', neighbors: [1299], isOfWorld: false },
];

test('prepends to everybody are a correction a neighbor, behind those of the file', () => {
  const first = applyChange(
    { ...DOC, correction: [{ as_policy: { asn: 1 } }] },
    { kind: 'prepend', site: 'fra', neighbor: null, prepend: 2 },
    SITES,
  );
  expect(first.correction).toEqual([
    { as_policy: { asn: 1 } },
    { announce: { site: 'fra', neighbor: 1299, prepend: 2 } },
    { announce: { site: 'fra', neighbor: 3356, prepend: 2 } },
  ]);
});

test('a site that is withdrawn takes its events along; one of the file is dropped from it', () => {
  const next = applyChange(DOC, { kind: 'withdraw', site: 'bom' }, SITES);
  expect(next.site).toContainEqual({ name: 'bom', remove: true });
  expect(next.event).toEqual([{ at: '2s', fail: 'lhr' }]);
  const added = applyChanges(
    DOC,
    [
      { kind: 'add', site: { name: 'waw', asn: 64510, neighbors: [{ asn: 1299 }] } },
      { kind: 'withdraw', site: 'waw' },
    ],
    SITES,
  );
  expect(added.site).toEqual(DOC.site);
});

test('queries change and gigabits stay', () => {
  const next = applyChange(DOC, { kind: 'capacity', site: 'fra', kqps: 500 }, SITES);
  expect(next.site).toEqual([{ name: 'fra', capacity: { gbps: 40, kqps: 500 } }]);
});

test('what a neighbor is told beside prepends stays as it was said', () => {
  const says = { prepend: 0, communities: ['no-announce:65548'] };
  const change: Change = { kind: 'announce', site: 'fra', neighbor: 1299, says };
  expect(applyChange(DOC, change, SITES).correction).toEqual([
    { announce: { site: 'fra', neighbor: 1299, ...says } },
  ]);
  expect(changeText(change)).toBe('fra: prepend 0, communities no-announce:65548 to AS1299');
  const prefixes: Change = { kind: 'prefixes', site: 'fra', prefixes: [] };
  expect(applyChange(DOC, prefixes, SITES).site![0].prefixes).toEqual([]);
});

test('what is said anew replaces what was said, and nothing else', () => {
  const one: Change = { kind: 'prepend', site: 'fra', neighbor: 1299, prepend: 1 };
  const other: Change = { kind: 'prepend', site: 'fra', neighbor: 3356, prepend: 1 };
  const session: Change = { kind: 'session', site: 'fra', neighbor: 1299 };
  const list = [one, other, session].reduce(withChange, [] as Change[]);
  expect(list).toHaveLength(3);
  const more: Change = { ...one, prepend: 3 };
  expect(withChange(list, more)).toEqual([other, session, more]);
  const all: Change = { kind: 'prepend', site: 'fra', neighbor: null, prepend: 2 };
  expect(withChange(list, all)).toEqual([session, all]);
});

test('a list from outside is one of known changes, or none', () => {
  const list: Change[] = [
    { kind: 'prepend', site: 'fra', neighbor: null, prepend: 2 },
    { kind: 'announce', site: 'fra', neighbor: 1, says: { med: 100 } },
    { kind: 'prefixes', site: 'fra', prefixes: ['192.0.2.0/24'] },
    { kind: 'add', site: { name: 'waw' } },
  ];
  expect(isChanges(structuredClone(list))).toBe(true);
  for (const bad of [
    { kind: 'prepend', site: 'fra', neighbor: 'x', prepend: 2 },
    { kind: 'announce', site: 'fra', neighbor: 1, says: null },
    { kind: 'prefixes', site: 'fra' },
    { kind: 'explode', site: 'fra' },
  ]) {
    expect(isChanges([...list, bad]), JSON.stringify(bad)).toBe(false);
  }
});
