import { expect, test } from 'vitest';

import type { PlanAnswer } from '../engine/api';
import {
  attackEvent,
  fromOf,
  mainSize,
  responseEvents,
  type Speaker,
  effortText,
  smallerIn,
} from './attacks';

const SPEAKERS: Speaker[] = [
  {
    name: 'mia',
    neighbors: [
      { asn: 3356, prepend: 0 },
      { asn: 12956, prepend: 1 },
    ],
  },
  { name: 'nrt', neighbors: [{ asn: 2914, prepend: 0 }] },
];

test('sources are written as files write them', () => {
  expect(fromOf('by_users')).toBe('by_users');
  expect(fromOf('region=eu')).toEqual({ region: 'eu' });
  expect(fromOf('country=DE')).toEqual({ country: 'DE' });
  expect(fromOf('ases=64500,AS64501')).toEqual({ ases: [64500, 64501] });
  expect(fromOf('zipf=1.5')).toEqual({ zipf: 1.5 });
  expect(attackEvent({ from: 'uniform', mqps: 1.1, gbps: null })).toEqual({
    at: '1s',
    attack: { mqps: 1.1, from: 'uniform', lasts: '10m' },
  });
});

test('a response is events a minute later, prepends beside those that are there', () => {
  expect(responseEvents('absorb', SPEAKERS)).toEqual([]);
  expect(responseEvents('mia leaves AS3356, AS12956; nrt withdraws', SPEAKERS)).toEqual([
    { at: '61s', announce: { site: 'mia', neighbor: 3356, withdraw: true } },
    { at: '61s', announce: { site: 'mia', neighbor: 12956, withdraw: true } },
    { at: '61s', fail: 'nrt' },
  ]);
  expect(responseEvents('mia prepends 2', SPEAKERS)).toEqual([
    { at: '61s', announce: { site: 'mia', neighbor: 3356, prepend: 2 } },
    { at: '61s', announce: { site: 'mia', neighbor: 12956, prepend: 3 } },
  ]);
});

test('what events cannot say is not tried', () => {
  for (const response of [
    'by themselves mia and nrt withdraw',
    'gru withdraws',
    'mia explodes 2',
    'mia withdraws; gru withdraws',
  ]) {
    expect(responseEvents(response, SPEAKERS), response).toBeNull();
  }
});

test('the size of a playbook is the one whose even split the answer tells', () => {
  const column = (name: string, values: (number | string | null)[], unit = '') => ({
    name,
    unit,
    values,
  });
  const answer = {
    sections: [
      { name: 'families', columns: [column('even', [137.5], 'kq/s')] },
      { name: 'sites', columns: [column('site', ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'a'])] },
      {
        name: 'map',
        columns: [column('attack', [550, 1100, 2200]), column('attack_link', [null, 8, null])],
      },
    ],
  } as unknown as PlanAnswer;
  expect(mainSize(answer)).toEqual({ mqps: 1.1, gbps: 8 });
  expect(mainSize({ sections: [] } as unknown as PlanAnswer)).toBeNull();
});

test('says how much a response does, and which smaller one would do', () => {
  const sizes: [string, string | null][] = [
    ['absorb', null],
    ['fra withdraws', '1 site'],
    ['mia leaves AS12956, AS3356', '2 sessions'],
    ['mia leaves AS12956; nrt prepends 2; jfk prepends 1', '1 session, 3 prepends'],
    ['by themselves fra, lhr and bom withdraw', '3 sites'],
    ['something new', null],
  ];
  for (const [response, size] of sizes) expect(effortText(response), response).toBe(size);
  expect(smallerIn('`fra prepends 1` does as much')).toBe('fra prepends 1');
  expect(smallerIn('best')).toBeNull();
  expect(smallerIn(null)).toBeNull();
});
