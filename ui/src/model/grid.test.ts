import { describe, expect, it } from 'vitest';

import { compareRows, nextSort, toCsv, type Column } from './grid';

type Row = { name: string; load: number | null };
const COLUMNS: Column<Row>[] = [
  {
    key: 'name',
    title: 'Name',
    kind: 'text',
    width: 80,
    get: (row) => row.name,
    print: (row) => row.name,
  },
  {
    key: 'load',
    title: 'Load',
    kind: 'number',
    width: 80,
    get: (row) => row.load,
    print: (row) => String(row.load),
  },
];
const ROWS: Row[] = [
  { name: 'fra', load: 2 },
  { name: 'bom', load: null },
  { name: 'jfk', load: 2 },
  { name: 'sin', load: 1 },
];
const order = (sorts: { key: string; isDown: boolean }[]) =>
  [...ROWS].sort(compareRows(COLUMNS, sorts)).map((row) => row.name);

describe('a table', () => {
  it('is sorted by one column, then by the next', () => {
    expect(order([{ key: 'load', isDown: false }])).toEqual(['sin', 'fra', 'jfk', 'bom']);
    expect(
      order([
        { key: 'load', isDown: true },
        { key: 'name', isDown: true },
      ]),
    ).toEqual(['jfk', 'fra', 'sin', 'bom']);
  });

  it('goes up, down and back with each click', () => {
    const up = nextSort([], 'load', false);
    expect(up).toEqual([{ key: 'load', isDown: false }]);
    const down = nextSort(up, 'load', false);
    expect(down).toEqual([{ key: 'load', isDown: true }]);
    expect(nextSort(down, 'load', false)).toEqual([]);
    expect(nextSort(up, 'name', true)).toEqual([...up, { key: 'name', isDown: false }]);
    expect(nextSort(up, 'name', false)).toEqual([{ key: 'name', isDown: false }]);
  });

  it('is written so that others can read it', () => {
    const rows = [{ name: 'a "b", c', load: null }];
    expect(toCsv(COLUMNS, rows)).toBe('name,load\r\n"a ""b"", c",\r\n');
  });
});
