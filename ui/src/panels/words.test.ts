import { expect, test } from 'vitest';

import { report, result } from '../model/testworld';
import { flowsText, lost, worldName } from './words';

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

test('an invented world tells its seed only where it is another one', () => {
  const doc = (seed: number) => ({
    format: 1,
    name: 'x',
    world: { synthetic: { ases: 80_000, seed } },
    service: { prefixes: [] },
  });
  const one = result();
  expect(spaced(worldName(one, doc(one.seed)))).toBe('invented Internet of 80 000 ASes');
  expect(spaced(worldName(one, doc(one.seed + 11)))).toMatch(/ASes \(seed \d+\)$/);
  expect(worldName(one, { ...doc(1), world: { builtin: 'eight' } })).toBe('built-in world eight');
});
