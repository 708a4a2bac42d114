import { expect, test } from 'vitest';

import { readCsv, readTable } from './csv';

test('quotes, remarks and empty lines', () => {
  const text = '# hash=1\na,"b, c"\r\n\n"say ""hi""",d\n';
  expect(readCsv(text)).toEqual([
    { row: 2, cells: ['a', 'b, c'] },
    { row: 4, cells: ['say "hi"', 'd'] },
  ]);
});

test('PoPs are read, and every mistake has its row', () => {
  const table = readTable(
    'name,lat,lon,asn,capacity,neighbours\nwaw,52.2,21,AS64600,100,1299 3356\nx y,99,21,no,-1,\nwaw,1,1,5,,\n',
  );
  expect(table?.kind).toBe('pops');
  if (table?.kind !== 'pops') return;
  expect(table.sites).toEqual([
    {
      name: 'waw',
      asn: 64600,
      at: [52.2, 21],
      capacity: { kqps: 100 },
      neighbors: [{ asn: 1299 }, { asn: 3356 }],
    },
  ]);
  expect(table.errors.map(({ row, message }) => `${row}: ${message}`)).toEqual([
    '3: name `x y` must be 1 to 64 letters, digits, -, _ or .',
    '3: asn `no` is no AS number',
    '3: lat `99` must lie between -90 and 90',
    '3: capacity `-1` is no number of kq/s',
    '4: name `waw` stands in a row above too',
  ]);
});

test('demand by AS or by place', () => {
  const table = readTable('asn,lat,lon,weight\n65536,,,10\n,48.8,2.3,5\n,,,3\n');
  if (table?.kind !== 'demand') throw new Error('it is demand');
  expect(table.demand.map(({ asn, lat, lon, weight }) => [asn, lat, lon, weight])).toEqual([
    [65536, null, null, 10],
    [null, 48.8, 2.3, 5],
  ]);
  expect(table.errors).toEqual([{ row: 4, message: 'neither an asn nor a place' }]);
});

test('what is no table is none', () => {
  expect(readTable('format = 1\nname = "x"\n')).toBeNull();
});
