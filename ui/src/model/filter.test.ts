import { describe, expect, it } from 'vitest';

import { parseFilter, type Field } from './filter';

interface Row {
  site: string;
  country: string;
  name: string;
  rtt: number | null;
  tier: number;
  weight: number;
  moved: boolean;
}

const FIELDS: Field<Row>[] = [
  { key: 'site', kind: 'text', get: (row) => row.site },
  { key: 'country', kind: 'text', get: (row) => row.country },
  { key: 'name', kind: 'text', get: (row) => row.name },
  { key: 'rtt', kind: 'number', get: (row) => row.rtt },
  { key: 'tier', kind: 'number', get: (row) => row.tier },
  { key: 'weight', kind: 'number', get: (row) => row.weight },
  { key: 'moved', kind: 'flag', get: (row) => row.moved },
];

const ROWS: Row[] = [
  {
    site: 'fra',
    country: 'DE',
    name: 'Deutsche Telekom',
    rtt: 20,
    tier: 1,
    weight: 5000,
    moved: false,
  },
  { site: 'fra', country: 'TR', name: 'Turk Telecom', rtt: 90, tier: 2, weight: 2000, moved: true },
  { site: 'bom', country: 'IN', name: 'Reliance', rtt: null, tier: 2, weight: 900, moved: true },
];

const names = (text: string) => {
  const { test } = parseFilter(text, FIELDS);
  return ROWS.filter(test).map((row) => row.name.split(' ')[0]);
};
const mistakes = (text: string) => parseFilter(text, FIELDS).mistakes;

describe('a filter', () => {
  it('without terms lets everything through', () => {
    expect(names('  ')).toHaveLength(3);
  });

  it('wants all its terms', () => {
    expect(names('site:fra country:de')).toEqual(['Deutsche']);
    expect(names('site:FRA rtt>80')).toEqual(['Turk']);
    expect(names('site:fra site:bom')).toEqual([]);
  });

  it('compares numbers, and nothing is not a number', () => {
    expect(names('rtt>=20')).toEqual(['Deutsche', 'Turk']);
    expect(names('rtt<90')).toEqual(['Deutsche']);
    expect(names('tier:2 weight>1k')).toEqual(['Turk']);
    expect(names('weight<=0.9k')).toEqual(['Reliance']);
  });

  it('turns a term round by a minus', () => {
    expect(names('-tier:1')).toEqual(['Turk', 'Reliance']);
    expect(names('-moved')).toEqual(['Deutsche']);
    expect(names('-rtt>80')).toEqual(['Deutsche', 'Reliance']);
    expect(names('-"tele"')).toEqual(['Reliance']);
  });

  it('asks flags by their name and searches for all else', () => {
    expect(names('moved')).toEqual(['Turk', 'Reliance']);
    expect(names('"telecom"')).toEqual(['Turk']);
    expect(names('"deutsche telekom"')).toEqual(['Deutsche']);
    expect(names('reli')).toEqual(['Reliance']);
    expect(names('name:"turk t"')).toEqual(['Turk']);
  });

  it('says where a term means nothing, and lets the others hold', () => {
    expect(mistakes('site:fra sitee:bom')[0]).toEqual({
      from: 9,
      to: 18,
      message: 'there is no “sitee”; did you mean “site”?',
    });
    expect(names('site:fra sitee:bom')).toHaveLength(2);
    expect(mistakes('rtt>fast')[0].message).toContain('is a number');
    expect(mistakes('country>de')[0].message).toContain('country:de');
    expect(mistakes('rtt>')[0].message).toContain('needs a value');
    expect(mistakes('moved:yes')[0].message).toContain('alone');
    expect(mistakes('-')[0].message).toContain('missing');
    expect(mistakes('zzz:1')[0].message).toContain('there are site, country');
  });

  it('has a chip for each term, and never fails', () => {
    expect(parseFilter('site:fra -moved', FIELDS).terms.map((term) => term.text)).toEqual([
      'site:fra',
      '-moved',
    ]);
    for (const text of ['"', '""', ':', '>=', '-"', 'a:"b', '\u0000', '='.repeat(99), 'rtt>-5']) {
      parseFilter(text, FIELDS).test(ROWS[0]);
    }
  });
});
