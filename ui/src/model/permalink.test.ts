import { expect, test } from 'vitest';

import type { ScenarioDoc } from '../engine/api';
import type { Change } from './changes';
import { readLink, writeLink, type Shown } from './permalink';

const BASE: ScenarioDoc = {
  format: 1,
  name: 'hello',
  world: { builtin: 'hello' },
  service: { prefixes: ['192.0.2.0/24'] },
  event: [{ at: '10s', fail: 'fra' }],
};

function shown(change: Partial<Shown>): Shown {
  const plain: Shown = {
    doc: BASE,
    base: BASE,
    mode: 'anycast',
    time: 0,
    layer: 'catchment',
    pins: [],
  };
  return { ...plain, ...change };
}

test('a scenario of the library is its name', async () => {
  expect(await writeLink(shown({}))).toBe('#simulate?s=hello&v=1');
  expect(await readLink('#simulate?s=hello&v=1')).toEqual({
    link: { screen: 'simulate', scenario: 'hello' },
    ignored: [],
  });
});

test('the short form comes back as it went', async () => {
  const doc: ScenarioDoc = {
    ...BASE,
    rules: { decision: 'policy' },
    client: [{ asn: 4_200_000_000, name: 'London', at: [51.5, -0.1], weight: 1 }],
    event: [
      { at: '0s', fail: 'fra', how: 'silent' },
      { at: '30s', restore: 'fra' },
      { at: '1500ms', drain: 'lhr' },
    ],
  };
  const fragment = await writeLink(
    shown({
      doc,
      mode: 'geodns',
      time: 4_200_000,
      selected: 'c:New York',
      layer: 'rtt',
      theme: 'light',
      pins: [[35.2, 129]],
      hash: 'abc',
      engine: '0.1.0',
    }),
  );
  expect(fragment).toContain('e=0:fail:fra:silent,30:up:fra,1.5:drain:lhr');
  const { link, ignored } = await readLink(fragment);
  expect(ignored).toEqual([]);
  expect(link).toEqual({
    screen: 'simulate',
    scenario: 'hello',
    decision: 'policy',
    mode: 'geodns',
    events: doc.event,
    clients: [
      [51.5, -0.1],
      [35.2, 129],
    ],
    time: 4_200_000,
    selected: 'c:New York',
    layer: 'rtt',
    theme: 'light',
    hash: 'abc',
    engine: '0.1.0',
  });
});

test('times in links have no more digits than µs', async () => {
  const time = (us: number) => writeLink(shown({ time: us }));
  expect(await time(1_003_619.5500000007)).toBe('#simulate?s=hello&t=1.00362&v=1');
  expect(await time(0.3)).toBe('#simulate?s=hello&v=1');
  expect(await time(1)).toBe('#simulate?s=hello&t=0.000001&v=1');
  expect(await time(1e8)).toBe('#simulate?s=hello&t=100&v=1');
});

test('a comparison says which side comes first, and only a comparison', async () => {
  const swapped = await writeLink(shown({ mode: 'compare', swap: true }));
  expect(swapped).toContain('&swap=1');
  expect((await readLink(swapped)).link.swap).toBe(true);
  expect(await writeLink(shown({ mode: 'compare', swap: false }))).not.toContain('swap');
  expect(await writeLink(shown({ mode: 'geodns', swap: true }))).not.toContain('swap');
});

test('no events are said too', async () => {
  const { event: _, ...calm } = BASE;
  const fragment = await writeLink(shown({ doc: calm }));
  expect((await readLink(fragment)).link).toEqual({
    screen: 'simulate',
    scenario: 'hello',
    events: [],
  });
});

test('a plan is its screen and its changes', async () => {
  const changes: Change[] = [
    { kind: 'prepend', site: 'fra', neighbor: null, prepend: 2 },
    { kind: 'announce', site: 'nrt', neighbor: 2914, says: { communities: ['no-peer'] } },
  ];
  const fragment = await writeLink(shown({ screen: 'plan', changes }));
  expect(fragment).toMatch(/^#plan\?s=hello&ch=[\w-]+&v=1$/);
  expect((await readLink(fragment)).link).toEqual({ screen: 'plan', scenario: 'hello', changes });
  expect((await readLink('#plan?s=hello&ch=AAAA')).ignored).toEqual(['ch=AAAA']);
});

test('what the short form cannot say takes the full one', async () => {
  const changes: Partial<ScenarioDoc>[] = [
    { seed: 7 },
    { rules: { mrai_ebgp: '30s' } },
    { site: [{ name: 'fra', remove: true }] },
    { event: [{ at: '5s', attack: { gbps: 1 } }] },
    { client: [{ asn: 4_200_000_000, city: 'WAW' }] },
    { client: [{ asn: 1, at: [52, 21] }] },
    { client: [{ asn: 4_200_000_000, at: [52, 21], weight: 20 }] },
    { client: [{ asn: 4_200_000_000, at: [52, 21], gbps: 2 }] },
    { client: [{ asn: 4_200_000_000, at: [52, 21], neighbors: [{ asn: 3320, prepend: 1 }] }] },
    { name: 'Größe' },
  ];
  for (const change of changes) {
    const doc = { ...BASE, ...change };
    const fragment = await writeLink(shown({ doc }));
    expect(fragment).toMatch(/^#simulate\?z=[\w-]+&v=1$/);
    expect((await readLink(fragment)).link.doc).toEqual(doc);
  }
});

test('what is wrong is ignored and named, and the rest is kept', async () => {
  const wrong = [
    'm=unicast',
    'e=0:explode:fra',
    'e=0:fail',
    'e=-1:fail:fra',
    'e=0:up:fra:silent',
    'e=0:constructor:fra',
    'c=91,0',
    'c=5',
    'c=a,b',
    'r=random',
    't=-1',
    't=soon',
    't=',
    'sel=x:1',
    'layer=heat',
    'th=pink',
    'v=2',
    'z=%%%',
    'z=AAAA',
    's=',
    'unknown=1',
  ];
  for (const part of wrong) {
    const { link, ignored } = await readLink(`#simulate?layer=grid&${part}`);
    expect([part, ignored.length]).toEqual([part, 1]);
    expect(link.layer).toBe('grid');
    expect(link.events).toBeUndefined();
    expect(link.clients).toBeUndefined();
    expect(link.doc).toBeUndefined();
  }
  expect(await readLink('')).toEqual({ link: {}, ignored: [] });
  expect(await readLink('#simulate')).toEqual({ link: { screen: 'simulate' }, ignored: [] });
  expect(await readLink('#compare')).toEqual({ link: { mode: 'compare' }, ignored: [] });
  const plan = await readLink('#plan?layer=grid');
  expect(plan).toEqual({ link: { screen: 'plan', layer: 'grid' }, ignored: [] });
  const other = await readLink('#explain?layer=grid');
  expect(other).toEqual({ link: { layer: 'grid' }, ignored: ['#explain'] });
});
