import { expect, test } from 'vitest';

import type { ClientDoc, ScenarioDoc } from '../engine/api';
import { planImport, type Around, type Asked } from './importing';

const DOC: ScenarioDoc = {
  format: 1,
  name: 'test',
  world: { builtin: 'hello' },
  service: { prefixes: ['192.0.2.0/24'] },
};

function around(doc: ScenarioDoc): Around {
  return { doc, hash: 'abc', asns: new Set([3320, 4_200_000_001]), sites: new Set(['fra']) };
}

/** An engine that proposes the same free AS for every place, as the real one does for one result. */
const engine: Asked = {
  readScenario: () => Promise.reject(new Error('not asked')),
  writeScenario: (scenario) => Promise.resolve({ scenario, toml: '' }),
  nearest: (_, lat, lon) => {
    const client: ClientDoc = { asn: 4_200_000_000, at: [lat, lon], weight: 1 };
    return Promise.resolve({ client, dot: 0, asn: client.asn, text: '' });
  },
};

test('each place becomes a client with an AS of its own', async () => {
  const text = 'lat,lon,weight\n52.5,13.4,10\n48.9,2.3,20\n52.5,13.4,5\n';
  const plan = await planImport(text, around(DOC), engine);
  expect(plan.rowErrors).toEqual([]);
  // One number is taken by the world.
  expect(plan.doc!.client).toEqual([
    { asn: 4_200_000_000, at: [52.5, 13.4], weight: 10 },
    { asn: 4_200_000_002, at: [48.9, 2.3], weight: 20 },
    { asn: 4_200_000_003, at: [52.5, 13.4], weight: 5 },
  ]);
  expect(plan.rows.map((row) => row.head)).toEqual([
    'AS4200000000',
    'AS4200000002',
    'AS4200000003',
  ]);
});

test('a row with an AS changes the client of that AS, and keeps the rest of it', async () => {
  const doc = { ...DOC, client: [{ asn: 3320, name: 'Berlin', weight: 1 }] };
  const plan = await planImport('asn,weight\n3320,7\n9,1\n', around(doc), engine);
  expect(plan.doc!.client).toEqual([{ asn: 3320, name: 'Berlin', weight: 7 }]);
  expect(plan.rowErrors).toEqual([{ row: 3, message: 'the world has no AS9' }]);
});

test('a table of PoPs changes those that are there and adds the others', async () => {
  const text =
    'name,lat,lon,asn,capacity,neighbours\nfra,50,8.6,64500,30,3320\nwaw,52,21,64510,,3320\n';
  const plan = await planImport(text, around(DOC), engine);
  expect(plan.rows.map((row) => row.head)).toEqual(['change fra', 'new waw']);
  expect(plan.doc!.site!.map((site) => [site.name, site.asn])).toEqual([
    ['fra', 64500],
    ['waw', 64510],
  ]);
});

test('what cannot be read says what it is and what is expected', async () => {
  const title = async (text: string) => (await planImport(text, around(DOC), engine)).title;
  expect(await title(' \n')).toMatch(/^This is empty\. Give a scenario/);
  expect(await title('[1,2]')).toMatch(/^This is JSON, but a list: a scenario is an object/);
  expect(await title('7')).toMatch(/a single value/);
  expect(await title('a,b,c\n1,2,3\n')).toMatch(/^The columns `a`, `b`, `c` are not enough/);
  expect(await title('name,lat,lon\nwaw,52,21\n')).toMatch(/PoPs need name and asn/);
  expect(await title('hello')).toMatch(/^This is neither a scenario nor a table/);
  expect(await title('name,asn\nwaw,64510\n')).toBe('A table of 1 PoP');
  // TOML begins with a bracket too, and is for the engine to read.
  await expect(title('[world]\nbuiltin = "hello"\n')).rejects.toThrow('not asked');
});
