import { describe, expect, it } from 'vitest';

import type { SectionInfo } from '../engine/api';
import { extraOf, extrasOf, landings, quantile, stairs, type Ways } from './networks';

function table(rows: Record<string, number | string | null>[]): SectionInfo {
  const columns = Object.keys(rows[0]).map((name) => ({
    name,
    unit: '',
    decimals: null,
    values: rows.map((row) => row[name]),
  }));
  return { name: 'networks', title: 'Networks', rows: rows.length, columns };
}

const NETWORKS = table([
  { asn: 1, city: 'FRA', demand: 80, site_b: 'fra', rtt_a_ms: 10, rtt_b_ms: 10 },
  { asn: 2, city: 'WAW', demand: 10, site_b: 'fra', rtt_a_ms: 20, rtt_b_ms: 20 },
  { asn: 2, city: 'IST', demand: 10, site_b: 'fra', rtt_a_ms: 25, rtt_b_ms: 30 },
  { asn: 3, city: 'BOM', demand: 50, site_b: 'bom|fra', rtt_a_ms: 90, rtt_b_ms: 90 },
  { asn: 4, city: null, demand: 50, site_b: null, rtt_a_ms: null, rtt_b_ms: null },
]);

describe('distributions', () => {
  it('have the quantiles that the engine has', () => {
    const values: [number, number][] = [
      [30, 1],
      [10, 8],
      [20, 1],
    ];
    const at = [0, 0.5, 0.8, 0.81, 0.9, 0.95, 1].map((share) => quantile(values, share));
    expect(at).toEqual([10, 10, 10, 20, 20, 30, 30]);
    expect(stairs(values)).toEqual([
      [10, 0],
      [10, 80],
      [20, 80],
      [20, 90],
      [30, 90],
      [30, 100],
    ]);
  });

  it('count equal values once, and nothing that is no number', () => {
    expect(
      stairs([
        [5, 1],
        [5, 1],
        [NaN, 3],
        [9, 0],
      ]),
    ).toEqual([
      [5, 0],
      [5, 100],
    ]);
    expect(quantile([], 0.5)).toBeNull();
  });
});

describe('who lands at a site', () => {
  it('is counted by AS, with the round trips of those who land there alone', () => {
    const found = landings(NETWORKS, null);
    expect(found.get('fra')).toEqual({ ases: 3, p50: 10, p95: 30, path: null });
    expect(found.get('bom')).toEqual({ ases: 1, p50: null, p95: null, path: null });
    expect([...found.keys()]).toEqual(['fra', 'bom']);
  });

  it('has paths where runs know them', () => {
    const ways: Ways = new Map([
      ['1 FRA', { length: 2, rtt: 10.001, best: 4 }],
      ['2 WAW', { length: 4, rtt: 20, best: 20 }],
      ['2 IST', { length: 9, rtt: 77, best: 25 }],
    ]);
    const extras = extrasOf(NETWORKS, { a: ways, b: ways });
    expect(extras[0]).toEqual([
      { length: 2, inflation: 6 },
      { length: 2, inflation: 6 },
    ]);
    // In the run it went elsewhere: the length is that of another path.
    expect(extras[2][1]).toEqual({ length: null, inflation: 5 });
    expect(extras[4][1]).toEqual({ length: null, inflation: null });
    expect(landings(NETWORKS, extras).get('fra')!.path).toBeCloseTo((2 * 80 + 4 * 10) / 90);
  });

  it('is never inflated below nothing', () => {
    expect(extraOf({ length: 1, rtt: 5, best: 5.004 }, 5)).toEqual({ length: 1, inflation: 0 });
  });
});
