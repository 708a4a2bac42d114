import { expect, test } from 'vitest';

import type { RunReport, RunResult } from '../engine/api';
import { capacitiesAt, standingAfter, standingSteps } from './standing';

const report = {
  standing: [
    { at_us: 0, site: 0, state: 'up', is_active: true, serves: true },
    { at_us: 0, site: 1, state: 'unannounced', is_active: false, serves: true },
    { at_us: 1e6, site: 0, state: 'draining', is_active: true, serves: true },
    { at_us: 61e6, site: 0, state: 'unannounced', is_active: false, serves: true },
  ],
  capacities: [{ at_us: 5e6, site: 1, kqps: 40, gbps: null }],
} as unknown as RunReport;

const at = (time: number) => standingAfter(report, 2, standingSteps(report, time));

test('a site stands as its last step says', () => {
  expect(at(0).map((one) => one.state)).toEqual(['up', 'unannounced']);
  expect(at(999_999)).toEqual(at(0));
  expect(at(1e6)[0]).toEqual({ state: 'draining', isActive: true });
  expect(at(61e6)[0]).toEqual({ state: 'unannounced', isActive: false });
});

test('a capacity holds until an event changes it', () => {
  const result = { sites: [{ kqps: 100 }, { kqps: 80 }] } as unknown as RunResult;
  expect(capacitiesAt(result, report, 4e6)).toEqual([100, 80]);
  expect(capacitiesAt(result, report, 5e6)).toEqual([100, 40]);
});
