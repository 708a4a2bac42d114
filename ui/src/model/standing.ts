// How sites stand and what they can carry at a time, as the engine says it. Pure.

import type { RunReport, RunResult, SiteState } from '../engine/api';

export interface Standing {
  state: SiteState;
  /** Whether it counts among the active ones. */
  isActive: boolean;
}

/** How many steps of the report lie up to a time: what is derived from them changes with it. */
export function standingSteps(report: RunReport, time: number): number {
  const next = report.standing.findIndex((step) => step.at_us > time);
  return next < 0 ? report.standing.length : next;
}

/** How every site stands after so many steps, in the order of the sites. */
export function standingAfter(report: RunReport, sites: number, steps: number): Standing[] {
  const now = Array.from({ length: sites }, (): Standing => ({ state: 'up', isActive: true }));
  for (const { site, state, is_active } of report.standing.slice(0, steps)) {
    now[site] = { state, isActive: is_active };
  }
  return now;
}

/** What every site can carry at a time, in kq/s or in Gb/s; null for unlimited. */
export function capacitiesAt(
  result: RunResult,
  report: RunReport,
  time: number,
  unit: 'kqps' | 'gbps' = 'kqps',
): (number | null)[] {
  const now = result.sites.map((site) => site[unit]);
  for (const step of report.capacities) {
    if (step.at_us <= time) now[step.site] = step[unit];
  }
  return now;
}
