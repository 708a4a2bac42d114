import { expect, test } from 'vitest';

import { curveOf, peakOf, valueAt, type Figure, type Weighting } from '../model/series';
import { event, report, result, track, world } from '../model/testworld';
import { cards, type Card, type History } from './strip';

const spaced = (text: string) => text.replaceAll('\u202f', ' ');

function at(time: number, change = {}): Record<Card['id'], Card> {
  const one = track(change);
  one.seek(time);
  const shown = cards({ result: result(), report: report(change), track: one, time, active: 1 });
  return Object.fromEntries(shown.map((card) => [card.id, card])) as Record<Card['id'], Card>;
}

test('before anything is known there is a dash, never a zero', () => {
  for (const card of cards(null))
    expect([card.id, card.value, card.plain]).toEqual([card.id, '–', '']);
});

test('active PoPs of all', () => {
  expect(at(2e6).active).toMatchObject({ value: '1 / 2', plain: '1', tone: 'warn' });
});

test('the mean path is compared with the moment before the last event', () => {
  expect(at(0).path).toMatchObject({ value: '1.50', side: '' });
  expect(at(2e6).path).toMatchObject({ value: '2.50', plain: '2.5', side: '▲ 1' });
  expect(at(11e6).path).toMatchObject({ value: '1.50', side: '▼ 1' });
  expect(at(2e6, { steering: 'geodns' }).path).toMatchObject({ value: '–', side: 'DNS steers' });
});

test('convergence runs, then stands', () => {
  expect(at(0).convergence).toMatchObject({ value: '–', side: 'no event yet' });
  const running = at(1.3e6).convergence;
  expect([running.label, spaced(running.value), running.plain]).toEqual([
    'Converging',
    '300 ms…',
    '0.3',
  ]);
  const done = at(2e6).convergence;
  expect([done.label, spaced(done.value), done.plain]).toEqual([
    'Last convergence',
    '500 ms',
    '0.5',
  ]);
  expect(done.side).toBe('Frankfurt withdraws');
});

test('of events of one instant the slowest counts', () => {
  const events = [event({ converged_us: 700_000 }), event({ site: 1, converged_us: 200_000 })];
  expect(at(1.3e6, { events }).convergence).toMatchObject({ label: 'Converging', plain: '0.3' });
  const done = at(2e6, { events }).convergence;
  expect([done.plain, done.side]).toEqual(['0.7', '2 events at once']);
  expect(done.source).toContain('London withdraws');
});

test('where DNS steers the clock is that of recovery, and says so', () => {
  const change = { steering: 'geodns' as const, events: [event({ converged_us: null })] };
  expect(at(2e6, change).convergence).toMatchObject({ label: 'Recovering', plain: '1' });
  expect(at(9.5e6, change).convergence).toMatchObject({ label: 'Last recovery', plain: '8' });
  const never = { ...change, events: [event({ converged_us: null, all_us: null })] };
  expect(at(11e6, never).convergence.value).toBe('never');
});

test('failures that overlap are told one by one', () => {
  const events = [
    event({ converged_us: null }),
    event({ index: 1, at_us: 3e6, site: 1, all_us: 4e6 }),
    event({ index: 2, at_us: 5e6, deed: 'restore', hurt: { demand: 0, sources: 0 }, all_us: null }),
  ];
  const change = { steering: 'geodns' as const, events };
  const { label, value, plain, side, parts } = at(6e6, change).convergence;
  expect([label, spaced(value), plain]).toEqual(['Recovering', '5 s…', '5']);
  expect(side).toBe('Frankfurt withdraws · 1 more not over');
  expect(parts.map((part) => `${part.name}: ${spaced(part.text)}`)).toEqual([
    'Frankfurt withdraws: 5 s so far',
    'London withdraws: 3 s so far',
    'Frankfurt returns: nobody lost service',
  ]);
  // London is done, Frankfurt is not.
  expect(at(8e6, change).convergence.side).toBe('Frankfurt withdraws');
  expect(at(9.5e6, change).convergence).toMatchObject({ side: 'nobody lost service' });
});

test('the clock can be taken apart', () => {
  const stages = {
    detection_us: 1e5,
    propagation_us: 2e5,
    mrai_us: 0,
    fib_us: 1e3,
    client_us: 0,
  };
  const { parts } = at(2e6, { events: [event({ stages })] }).convergence;
  expect(parts.map((part) => `${part.name} ${spaced(part.text)}`)).toEqual([
    'Detection 100 ms',
    'Propagation 200 ms',
    'MRAI 0 s',
    'FIB 1 ms',
    'Clients 0 s',
  ]);
});

test('without service: the share, who, and the most so far', () => {
  expect(spaced(at(0).unserved.value)).toBe('0.0 %');
  const { value, plain, side } = at(2e6).unserved;
  expect([spaced(value), plain, spaced(side)]).toEqual(['35.0 %', '14', '1 client · peak 85.0 %']);
});

test('lost is what was lost up to now, in the unit of the world', () => {
  expect(at(2e6).lost).toMatchObject({ value: '24', plain: '24', side: 'k queries' });
});

/** The cards with the other unit chosen. */
function weighted(time: number, chosen: Partial<Record<Figure, Weighting>>) {
  const one = track();
  one.seek(time);
  const played = { result: result(), report: report(), track: one, world };
  const history: History = {
    at: (figure, weighting, when) => valueAt(curveOf(played, figure, weighting), when),
    peak: (figure, weighting, from, to) => peakOf(curveOf(played, figure, weighting), from, to),
  };
  const shown = cards({ ...played, time, active: 1, chosen, history });
  return Object.fromEntries(shown.map((card) => [card.id, card])) as Record<Card['id'], Card>;
}

test('the path can be weighted by demand, and says so', () => {
  const { path } = weighted(2e6, { path: 'demand' });
  expect([path.weighting, path.value, path.side]).toEqual(['demand', '2.50', 'by demand ▲ 1']);
  expect(path.unit).toContain('with its demand');
});

test('without service and lost can count heads', () => {
  const { unserved, lost } = weighted(2e6, { unserved: 'count', lost: 'count' });
  expect([unserved.weighting, spaced(unserved.value), unserved.plain]).toEqual([
    'count',
    '50.0 %',
    '1',
  ]);
  expect(spaced(unserved.side)).toBe('1 client · peak 100.0 %');
  expect([lost.weighting, lost.plain, lost.side]).toEqual(['count', '1.5', 'client seconds']);
});

test('what was chosen waits until it can be counted, and DNS has no path to weigh', () => {
  const one = track();
  const state = { result: result(), report: report(), track: one, time: 0, active: 2 };
  const chosen = { path: 'demand', unserved: 'count' } as const;
  const shown = cards({ ...state, chosen, history: null });
  expect(shown.map((card) => card.weighting)).toEqual([null, 'count', null, 'demand', 'demand']);
  const dns = { ...state, report: report({ steering: 'geodns' }) };
  expect(cards(dns)[1].weighting).toBeNull();
});
