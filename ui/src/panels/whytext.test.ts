import { expect, test } from 'vitest';

import type { HopInfo, OptionInfo, Why } from '../engine/api';
import { STALE } from '../engine/columns';
import { report, result } from '../model/testworld';
import {
  candidateRows,
  headline,
  history,
  ideal,
  ordinal,
  plainText,
  rankText,
  smallShare,
  verdict,
} from './whytext';

const spaced = (text: string) => text.replaceAll('\u202f', ' ');

function option(change: Partial<OptionInfo>): OptionInfo {
  return {
    from: 'AS9',
    as_path: [9, 64500],
    site: 0,
    class: 'provider',
    local_pref: 100,
    path_length: 2,
    med: null,
    is_internal: false,
    igp_cost: 0,
    rtt_ms: null,
    router_id: 1,
    age: '',
    lost_at: null,
    ...change,
  };
}

function hop(change: Partial<HopInfo>): HopInfo {
  return {
    dot: 0,
    label: 'AS1 Berlin',
    asn: 1,
    originates: false,
    decided_by: null,
    options: [option({})],
    steps: ['local-pref', 'path-length', 'origin', 'router-id'],
    ...change,
  };
}

function why(change: Partial<Why> = {}): Why {
  return {
    dot: 0,
    subject: 'AS1 Berlin',
    asn: 1,
    at_us: 2e6,
    site: 1,
    settled_site: 1,
    verdict:
      'Decided at AS1 Berlin, step path-length: lhr won over fra because the path is shorter.',
    decisive: 0,
    hops: [hop({ decided_by: 'path-length' })],
    ending: null,
    changes: [],
    packets: [
      { at_us: 0, fate: 0, text: 'served by fra', cause: null },
      { at_us: 1e6, fate: STALE, text: 'lost', cause: 'a fails (withdraw)' },
      { at_us: 3e6, fate: 1, text: 'served by lhr', cause: null },
    ],
    rtt_ms: 78,
    nearest: [
      { site: 0, km: 400, rtt_ms: 9 },
      { site: 1, km: 900, rtt_ms: 20 },
    ],
    flips: [],
    command: 'catchment explain test --as 1',
    ...change,
  };
}

test('the headline says who, where, and what decided', () => {
  expect(headline(why(), result(), 'Berlin')).toBe('Berlin, AS1 → London. Decided by path length.');
  const onTheWay = why({ decisive: 1, hops: [hop({}), hop({ label: 'AS9', decided_by: 'rtt' })] });
  expect(headline(onTheWay, result(), null)).toBe(
    'AS1 Berlin → London. Decided 1 hop further on, at AS9, by RTT (not a BGP attribute).',
  );
  expect(headline(why({ decisive: null }), result(), null)).toMatch(/No other PoP was on offer/);
  expect(headline(why({ site: null, ending: 'packets go round' }), result(), null)).toBe(
    'AS1 Berlin → no PoP. Packets go round.',
  );
});

test('the verdict does not repeat the headline, and names cities', () => {
  expect(verdict(why(), result().sites)).toBe(
    'London won over Frankfurt because the path is shorter.',
  );
  expect(verdict(why({ verdict: 'it has no route' }), result().sites)).toBe('It has no route.');
});

test('the table ends at the step that leaves one route', () => {
  const { rows, later } = candidateRows(
    hop({
      decided_by: 'path-length',
      options: [
        option({}),
        option({ path_length: 3, lost_at: 'path-length' }),
        option({ local_pref: 50, class: 'peer', lost_at: 'local-pref' }),
      ],
    }),
  );
  expect(later).toEqual(['ORIGIN', 'Router id']);
  expect(rows.map((row) => [row.name, row.isDeciding])).toEqual([
    ['LOCAL_PREF', false],
    ['AS path', true],
  ]);
  expect(rows[0].cells.map((cell) => [cell.text, cell.state])).toEqual([
    ['100 provider', 'in'],
    ['100 provider', 'in'],
    ['50 peer', 'lost'],
  ]);
  expect(rows[1].cells.map((cell) => [cell.text, cell.state])).toEqual([
    ['2 ASes', 'in'],
    ['3 ASes', 'lost'],
    ['', 'out'],
  ]);
});

test('an only candidate needs no step', () => {
  const { rows, later } = candidateRows(hop({}));
  expect([rows.length, later.length]).toEqual([0, 4]);
});

test('steps without a value say equal, or what happened', () => {
  const { rows } = candidateRows(
    hop({
      decided_by: 'router-id',
      options: [option({}), option({ router_id: 2, lost_at: 'router-id' })],
    }),
  );
  expect(rows[2].cells.map((cell) => cell.text)).toEqual(['equal', 'equal']);
  expect(rows[3].cells.map((cell) => cell.text)).toEqual(['1', '2']);
});

test('compared with the best site', () => {
  const compared = ideal(why())!;
  expect(compared).toMatchObject({ best: 9, bestSite: 0, inflation: 69, rank: 2, of: 2 });
  expect(rankText(compared)).toBe('2nd nearest of 2');
  expect(rankText({ ...compared, rank: 1 })).toBe('the nearest of 2');
  expect(ideal(why({ rtt_ms: null }))).toBeNull();
  expect([1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal)).toEqual([
    '1st',
    '2nd',
    '3rd',
    '4th',
    '11th',
    '12th',
    '13th',
    '21st',
    '112th',
  ]);
});

test('history ends now, and names events as elsewhere', () => {
  expect(history(why(), result(), report()).map((moment) => [moment.text, moment.cause])).toEqual([
    ['served by Frankfurt', ''],
    ['sent to Frankfurt, which does not answer', 'Frankfurt withdraws'],
  ]);
});

test('a small share is not nothing', () => {
  expect([0, 0.00001, 0.0593, 1].map((share) => spaced(smallShare(share)))).toEqual([
    'no demand',
    'less than 0.01 % of demand',
    '5.93 % of demand',
    '100 % of demand',
  ]);
});

test('the text to copy has the headline, the path and the command', () => {
  const text = spaced(plainText(why(), result(), report(), 'Berlin'));
  expect(text.split('\n')[0]).toBe('Berlin, AS1 → London. Decided by path length.');
  expect(text).toContain('AS9 → Frankfurt  9 64500  chosen');
  expect(text).toContain('RTT 78 ms, best possible 9 ms (Frankfurt), inflation 69 ms');
  expect(text.split('\n').at(-1)).toBe('catchment explain test --as 1');
});
