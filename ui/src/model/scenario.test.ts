import { expect, test } from 'vitest';

import type { ScenarioDoc } from '../engine/api';
import * as edits from './scenario';

const DOC: ScenarioDoc = {
  format: 1,
  name: 'hello',
  world: { builtin: 'hello' },
  service: { prefixes: ['192.0.2.0/24'] },
  event: [
    { at: '10s', fail: 'fra' },
    { at: '10m', restore: 'fra' },
  ],
};

test('events stay in the order of time, later ones of an instant behind', () => {
  const doc = edits.addEvent(DOC, { at: '10s', fail: 'lhr' });
  expect(doc.event).toEqual([DOC.event![0], { at: '10s', fail: 'lhr' }, DOC.event![1]]);
  expect(edits.moveEvent(doc, 0, 7e8).event!.map((event) => event.at)).toEqual([
    '10s',
    '10m',
    '700s',
  ]);
  expect(edits.moveEvent(doc, 1, -5).event![0]).toEqual({ at: '0s', fail: 'lhr' });
});

test('the document that was edited stays as it was', () => {
  const before = structuredClone(DOC);
  edits.toggleSite(DOC, 'fra', 2e7);
  edits.removeEvent(DOC, 0);
  edits.addClient(DOC, { asn: 1 });
  expect(DOC).toEqual(before);
});

test('how a site stands', () => {
  const at = (time: number) => edits.siteState(DOC, 'FRA', time);
  expect([at(0), at(9_999_999), at(1e7), at(6e8)]).toEqual(['up', 'up', 'failed', 'up']);
  const doc = edits.addEvent(DOC, { at: '20s', fail: 'fra', how: 'unannounced' });
  expect(edits.siteState(doc, 'fra', 2e7)).toBe('unannounced');
  const drained = edits.addEvent(edits.withoutEvents(DOC), { at: '1s', drain: 'fra' });
  expect(edits.siteState(drained, 'fra', 1e6)).toBe('draining');
});

test('a click fails a site, a second one restores it, and drops what was planned', () => {
  const calm = edits.withoutEvents(DOC);
  const failed = edits.toggleSite(calm, 'fra', 1e6);
  expect(failed.event).toEqual([{ at: '1s', fail: 'fra' }]);
  expect(edits.toggleSite(failed, 'fra', 5e6).event![1]).toEqual({ at: '5s', restore: 'fra' });
  const silent = edits.toggleSite(calm, 'fra', 1e6, 'silent');
  expect(silent.event).toEqual([{ at: '1s', fail: 'fra', how: 'silent' }]);
  expect(edits.toggleSite(DOC, 'fra', 2e7).event).toEqual([
    { at: '10s', fail: 'fra' },
    { at: '20s', restore: 'fra' },
  ]);
});

test('restore all touches only what is down', () => {
  const doc = edits.toggleSite(DOC, 'lhr', 2e7);
  expect(edits.restoreAll(doc, ['jfk', 'lhr', 'fra'], 3e7).event!.slice(2)).toEqual([
    { at: '30s', restore: 'lhr' },
    { at: '30s', restore: 'fra' },
  ]);
});

test('variants that speak of events go when events change', () => {
  const doc = {
    ...DOC,
    compare: [
      { name: 'BFD', set: { 'event.0.how': 'bfd' } },
      { name: 'DNS', set: { steering: 'geodns' } },
    ],
  };
  expect(edits.removeEvent(doc, 0).compare!.map((variant) => variant.name)).toEqual(['DNS']);
});

test('a site of the world is marked as removed, one of the file is dropped', () => {
  const doc = edits.addEvent(DOC, {
    at: '1s',
    announce: { site: 'fra', neighbor: 1299, prepend: 1 },
  });
  const without = edits.removeSite(doc, 'fra', true);
  expect(without.site).toEqual([{ name: 'fra', remove: true }]);
  expect(without.event).toBeUndefined();
  const added = edits.putSite(DOC, { name: 'waw', asn: 64510, neighbors: [{ asn: 1299 }] });
  expect(edits.removeSite(added, 'WAW', false).site).toBeUndefined();
  expect(edits.removeSite(added, 'WAW', false).event).toEqual(DOC.event);
});

test('a table may say as much of a site of the world as of a new one', () => {
  const neighbors = [{ asn: 1299 }];
  const changed = edits.putSite(DOC, { name: 'fra', asn: 64500, neighbors });
  expect(edits.mayBeNewSite(changed, 'FRA')).toBe(true);
  expect(edits.removeSite(changed, 'fra', true).site).toEqual([{ name: 'fra', remove: true }]);
  expect(edits.mayBeNewSite(edits.putSite(DOC, { name: 'fra', asn: 64500 }), 'fra')).toBe(false);
  expect(edits.mayBeNewSite(DOC, 'fra')).toBe(false);
});

test('a site that is there is changed, not added again', () => {
  const doc = edits.putSite(edits.putSite(DOC, { name: 'fra', asn: 1 }), {
    name: 'FRA',
    capacity: { kqps: 5 },
  });
  expect(doc.site).toEqual([{ name: 'FRA', asn: 1, capacity: { kqps: 5 } }]);
});

test('a site is moved to a city or to degrees, and keeps the rest', () => {
  const added = edits.putSite(DOC, { name: 'waw', asn: 64510, city: 'WAW' });
  expect(edits.moveSite(added, 'WAW', [50, 20]).site).toEqual([
    { name: 'waw', asn: 64510, at: [50, 20] },
  ]);
  const moved = edits.moveSite(edits.moveSite(DOC, 'fra', [50, 20]), 'fra', 'KRK');
  expect(moved.site).toEqual([{ name: 'fra', city: 'KRK' }]);
});

test('clients are added, moved and removed by their place in the list', () => {
  let doc = edits.addClient(DOC, { asn: 1, weight: 4 });
  doc = edits.addClient(doc, { asn: 2 });
  doc = edits.moveClient(doc, 0, { asn: 9, city: 'WAW' });
  expect(doc.client).toEqual([{ asn: 1, weight: 4, city: 'WAW' }, { asn: 2 }]);
  doc = edits.removeClient(edits.removeClient(doc, 0), 0);
  expect(doc).toEqual(DOC);
});

test('equal is about content, not about the order of keys', () => {
  expect(edits.equal({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBe(true);
  expect(edits.equal({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
});
