import { expect, test } from 'vitest';

import type { PlanAnswer, SectionInfo } from '../engine/api';
import { columnsOf, fieldOf, matrixOf, rowsOf, sectionOf, sectionOfRows } from './answer';

const column = (name: string, values: (number | string | null)[], unit = '') => ({
  name,
  unit,
  decimals: null,
  values,
});
const MATRIX: SectionInfo = {
  name: 'matrix',
  title: 'Load',
  rows: 3,
  columns: [
    column('failed', ['fra', 'fra', 'lhr']),
    column('site', ['lhr', 'nrt', 'fra']),
    column('load', [230, 40, null], 'kq/s'),
  ],
};

test('a section is a table; keys may be other than its names', () => {
  const [failed, , load] = columnsOf(MATRIX, { load: 'weight' });
  expect([failed.kind, failed.key, failed.get(2)]).toEqual(['text', 'failed', 'lhr']);
  expect([load.kind, load.key, load.title, load.unit]).toEqual([
    'number',
    'weight',
    'weight',
    'kq/s',
  ]);
  expect(rowsOf(MATRIX).map(load.print)).toEqual(['230', '40', '–']);
});

test('numbers have as many digits as the command line prints', () => {
  const used = { ...column('used', [58.3333, 475]), decimals: 1 };
  const [shown] = columnsOf({ ...MATRIX, columns: [used] });
  expect([0, 1].map(shown.print)).toEqual(['58.3', '475']);
});

test('fields are found by the first column of their row', () => {
  const answer = { sections: [MATRIX] } as unknown as PlanAnswer;
  expect(fieldOf(sectionOf(answer, 'matrix'), 'lhr', 'site')).toBe('fra');
  expect(fieldOf(sectionOf(answer, 'matrix'), 'gru', 'site')).toBeNull();
  expect(sectionOf(answer, 'none')).toBeNull();
  expect(sectionOf(null, 'matrix')).toBeNull();
});

test('pairs become a matrix; what is no pair is empty', () => {
  expect(matrixOf(MATRIX, ['failed', 'site'], 'load')).toEqual({
    rows: ['fra', 'lhr'],
    columns: ['fra', 'lhr', 'nrt'],
    cells: [null, 230, 40, null, null, null],
  });
});

test('rows that were fetched have the columns of the table that they are', () => {
  const rows = [
    { asn: 1, site_b: 'fra' },
    { asn: 2, site_b: null },
  ];
  const section = sectionOfRows(MATRIX, rows, { asn: 'x' });
  expect(section.rows).toBe(2);
  expect(section.columns).toEqual([column('asn', [1, 2], 'x'), column('site_b', ['fra', null])]);
});
