import { expect, test } from 'vitest';

import type { ScenarioDoc } from '../engine/api';
import { result } from '../model/testworld';
import { announce, isolate, prependAll, readCapacity, sessionsAt, withoutSite } from './popmenu';

const SITE = {
  ...result().sites[0],
  neighbors: [
    { asn: 1299, name: 'Arelion', prepend: 0 },
    { asn: 3356, name: 'Lumen', prepend: 2 },
  ],
};

function doc(...event: ScenarioDoc['event'] & object): ScenarioDoc {
  return { format: 1, name: 'x', world: {}, service: { prefixes: [] }, event };
}

test('sessions are as the events up to now left them', () => {
  const one = doc(
    { at: '5s', announce: { site: 'FRA', neighbor: 1299, prepend: 3 } },
    { at: '2s', announce: { site: 'fra', neighbor: 1299, prepend: 1, withdraw: true } },
    { at: '2s', announce: { site: 'lhr', neighbor: 3356, withdraw: true } },
  );
  const at = (time: number) =>
    sessionsAt(one, SITE, time).map((session) => [
      session.asn,
      session.prepend,
      session.isAnnounced,
    ]);
  expect(at(0)).toEqual([
    [1299, 0, true],
    [3356, 2, true],
  ]);
  expect(at(2e6)[0]).toEqual([1299, 1, false]);
  expect(at(5e6)[0]).toEqual([1299, 3, false]);
  expect(at(5e6)[1]).toEqual([3356, 2, true]);
});

test('prepends go up and down from what they are, and not below nothing', () => {
  const sessions = sessionsAt(doc(), SITE, 0);
  expect(prependAll(SITE, sessions, 1)).toEqual([
    { announce: { site: 'fra', neighbor: 1299, prepend: 1 } },
    { announce: { site: 'fra', neighbor: 3356, prepend: 3 } },
  ]);
  expect(prependAll(SITE, sessions, -1)).toEqual([
    { announce: { site: 'fra', neighbor: 3356, prepend: 1 } },
  ]);
});

test('isolating takes out what is still announced', () => {
  const cut = doc({ at: '0s', ...announce(SITE, 1299, false) });
  expect(isolate(SITE, sessionsAt(cut, SITE, 0))).toEqual([
    { announce: { site: 'fra', neighbor: 3356, withdraw: true } },
  ]);
});

test('a capacity is a number that is not negative', () => {
  const read = ['120', ' 1 200,5 ', '0', '-1', '', 'many', 'Infinity'].map(readCapacity);
  expect(read).toEqual([120, 1200.5, 0, null, null, null, null]);
});

test('the engine says whether its world has a site that a table has changed', async () => {
  const changed = {
    ...doc(),
    site: [{ name: 'fra', asn: 64500, neighbors: [{ asn: 1299 }] }],
  };
  const asked = (isRefused: boolean) =>
    withoutSite(changed, 'fra', () => Promise.resolve(isRefused));
  expect((await asked(false)).site).toEqual([{ name: 'fra', remove: true }]);
  expect((await asked(true)).site).toBeUndefined();
  const never = () => Promise.reject(new Error('not asked'));
  expect((await withoutSite(doc(), 'fra', never)).site).toEqual([{ name: 'fra', remove: true }]);
});
