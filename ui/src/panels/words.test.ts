import { expect, test } from 'vitest';

import { report, result } from '../model/testworld';
import { flowsText, lost } from './words';

const spaced = (text: string) => text.replaceAll('\u202f', ' ');

const kinds = [
  { name: 'tcp-web', open: 30_000, survival_run: 1, needed: 0, unneeded: 0 },
  { name: 'quic', open: 10_000, survival_run: 1, needed: 0, unneeded: 0 },
];

test('what is lost has a unit, or is a time of all demand', () => {
  const named = result();
  const whole = { ...named, world: { ...named.world, has_clients: false } };
  const run = report({ demand: 40 });
  expect(lost(named, run, 24).map(spaced)).toEqual(['24', 'k queries']);
  expect(lost(whole, run, 24).map(spaced)).toEqual(['600 ms', 'of all demand']);
  expect(lost(whole, report({ demand: 0 }), 0).map(spaced)).toEqual(['0 s', 'of all demand']);
});

test('broken flows are told as a share of all', () => {
  const named = result();
  const whole = { ...named, world: { ...named.world, has_clients: false } };
  const run = report({ flows: kinds });
  expect(spaced(flowsText(named, run, 10_000))).toBe('10 000, 25.0 % of all');
  expect(flowsText(named, run, 0)).toBe('0');
  expect(spaced(flowsText(whole, run, 10_000))).toBe('25.0 % of all');
  expect(flowsText(named, report({ flows: [] }), 5)).toBe('5');
});
