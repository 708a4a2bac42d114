import { expect, test } from 'vitest';

import type { SectionInfo } from '../engine/api';
import { changeOfLine, changesOf } from './suggestion';

const section = (values: string[]) => ({ columns: [{ values }] }) as unknown as SectionInfo;

test('lines of a plan are changes of the list', () => {
  expect(changeOfLine('announce = { site = "fra", neighbor = 1299, prepend = 2 }')).toEqual({
    kind: 'prepend',
    site: 'fra',
    neighbor: 1299,
    prepend: 2,
  });
  expect(changeOfLine('announce = { site = "fra", neighbor = 1299, withdraw = true }')).toEqual({
    kind: 'session',
    site: 'fra',
    neighbor: 1299,
  });
  const line =
    'announce = { site = "nrt", neighbor = 2914, at = "NRT", prepend = 0, med = 100, ' +
    'communities = ["no-announce:65548", "no-peer"] }';
  expect(changeOfLine(line)).toEqual({
    kind: 'announce',
    site: 'nrt',
    neighbor: 2914,
    says: { at: 'NRT', prepend: 0, med: 100, communities: ['no-announce:65548', 'no-peer'] },
  });
  expect(changeOfLine('site.gru.prefixes = ["198.18.0.0/16"]')).toEqual({
    kind: 'prefixes',
    site: 'gru',
    prefixes: ['198.18.0.0/16'],
  });
});

test('a plan is taken whole or not at all', () => {
  expect(changesOf(section([]))).toEqual([]);
  expect(changesOf(null)).toEqual([]);
  const known = 'site.gru.prefixes = []';
  for (const other of ['rules.mrai = 30', 'announce = { site = fra }', 'announce = { x = 1 }']) {
    expect(changesOf(section([known, other])), other).toBeNull();
  }
});
