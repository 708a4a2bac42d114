import { expect, test } from 'vitest';

import { columns, report, result, track, world } from '../model/testworld';
import { Track } from '../model/track';
import { barOrder, bars, MANY, summary } from './bars';

test('few PoPs stand from west to east', () => {
  expect(barOrder(result(), report(), -1)).toEqual([1, 0]);
  const nowhere = result();
  nowhere.sites[0].lon = null;
  expect(barOrder(nowhere, report(), -1)).toEqual([0, 1]);
});

test('of many PoPs the busiest come first, and stay there', () => {
  const many = result();
  many.sites = Array.from({ length: MANY + 1 }, (_, place) => ({ ...many.sites[0], lon: -place }));
  const one = report();
  one.states[0].sites = many.sites.map((_, place) => ({ demand: place === 7 ? 9 : 1, sources: 1 }));
  expect(barOrder(many, one, 0).slice(0, 3)).toEqual([7, 0, 1]);
});

test('a bar shows load, retries, capacity, and what was before the event', () => {
  const one = track();
  const at = (time: number, site: number) => {
    one.seek(time);
    return bars(result(), report(), one, time, [site])[0];
  };
  const full = at(0, 0);
  // The longest bar, 40, fills the track.
  expect([full.legit, full.extra, full.capacity, full.before]).toEqual([
    34 / 40,
    expect.closeTo(6 / 40),
    30 / 40,
    null,
  ]);
  expect([full.isOver, full.text]).toEqual([true, '40 / 30']);
  expect(full.title.replaceAll('\u202f', ' ')).toBe(
    '40 kq/s offered, 6 kq/s of it attack and retries, capacity 30 kq/s, 133.3 % used, 25.0 % of attempts lost',
  );
  const gone = at(2e6, 0);
  expect([gone.legit, gone.before, gone.isOver]).toEqual([0, 1, false]);
  expect(at(2e6, 1)).toMatchObject({ text: '26', capacity: null, before: 6 / 40 });
});

test('in gigabits the bars are of what arrives on the link', () => {
  const one = track();
  one.load = () => ({ legit: 10, offered: 12, gbps: 3, used: 0.75, loss: 0 });
  const [shown] = bars(result(), report(), one, 0, [0], [4, null], 'gbps');
  expect(shown).toMatchObject({ legit: 0.75, extra: 0, capacity: 1, scale: 4, limit: 4 });
  expect([shown.text, shown.title.replaceAll('\u202f', ' ')]).toEqual([
    '3 / 4',
    '3 Gb/s offered, capacity 4 Gb/s, 75.0 % used',
  ]);
  expect(bars(result(), report(), one, 0, [1], [4, null], 'gbps')[0].title).toMatch(
    /Gb\/s offered$/,
  );
});

test('before an event of the first instant there is nothing to compare with', () => {
  const at0 = report();
  at0.events[0] = { ...at0.events[0], at_us: 0 };
  const one = new Track(result(), at0, world, columns());
  expect(bars(result(), at0, one, 1e6, [1])[0].before).toBeNull();
});

test('an attack does not flatten the others', () => {
  const one = track();
  one.load = (site) => ({ legit: 10, offered: site === 0 ? 1e5 : 10, gbps: 0, used: 0, loss: 0 });
  const shown = bars(result(), report(), one, 0, [0, 1]);
  expect(shown[0].legit + shown[0].extra).toBe(1);
  expect(shown[1].legit).toBeCloseTo(10 / 60);
});

test('the summary counts each client once and each part of its demand where it goes', () => {
  const one = track();
  const rows = () => summary(one, world.weight, result().clients, 2);
  expect(rows().map((row) => [row.site, row.sources, Math.round(row.demand), row.length])).toEqual([
    [0, 2, 34, 1.5],
    [1, 0, 6, null],
    [null, 0, 0, null],
  ]);
  one.seek(4e6);
  expect(rows().map((row) => [row.site, row.sources, Math.round(row.demand)])).toEqual([
    [0, 0, 0],
    [1, 2, 34],
    [null, 0, 6],
  ]);
});
