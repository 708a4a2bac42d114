// One bar for each PoP: load against capacity. Pure.

import type { RunReport, RunResult } from '../engine/api';
import { count, number, percent } from '../model/format';
import type { Track } from '../model/track';
import { STALE } from '../engine/columns';
import { siteTitle } from './words';

/** What limits a site: its servers, or its link. */
export type Unit = 'kqps' | 'gbps';

export const UNITS: Record<Unit, string> = { kqps: 'kq/s', gbps: 'Gb/s' };

export interface Bar {
  site: number;
  name: string;
  /** Shares of the width of the track, 0 to 1. */
  legit: number;
  /** Attack and retries, behind the legitimate part. */
  extra: number;
  capacity: number | null;
  before: number | null;
  isOver: boolean;
  /** What the whole width of the track stands for; the same for all. */
  scale: number;
  /** Capacity now, in the unit of the bars. */
  limit: number | null;
  /** Of users alone, and with attack and retries. */
  demand: number;
  offered: number;
  text: string;
  /** The same in a sentence. */
  title: string;
}

/** Above so many sites the busiest come first. */
export const MANY = 24;

/** Sites from west to east; the busiest before the last event first, if there are many. */
export function barOrder(result: RunResult, report: RunReport, event: number): number[] {
  const all = result.sites.map((_, site) => site);
  if (all.length > MANY) {
    // By the load before the last event, so that rows do not jump while time passes.
    const state = report.states[report.events[event]?.before ?? 0];
    const load = (site: number) => state?.sites[site]?.demand ?? 0;
    return all.sort((a, b) => load(b) - load(a) || a - b);
  }
  if (result.sites.some((site) => site.lon === null)) return all;
  return all.sort((a, b) => result.sites[a].lon! - result.sites[b].lon! || a - b);
}

/** Loads in gigabits are known as a whole only: what is attack in them is not told. */
export function bars(
  result: RunResult,
  report: RunReport,
  track: Track,
  time: number,
  order: number[],
  capacities: (number | null)[] = result.sites.map((site) => site.kqps),
  unit: Unit = 'kqps',
): Bar[] {
  const event = report.events[track.eventAt(time)];
  // Loads begin at t = 0: what was before an event of that instant is not known.
  const beforeAt = event && event.at_us > 0 ? event.at_us - 1 : null;
  const loadOf = (site: number, at: number) => {
    const load = track.load(site, at);
    return unit === 'kqps' ? load : { ...load, legit: load.gbps, offered: load.gbps };
  };
  const loads = result.sites.map((_, site) => loadOf(site, time));
  const earlier = result.sites.map((_, site) =>
    beforeAt === null ? null : loadOf(site, beforeAt).offered,
  );
  const largestCapacity = Math.max(0, ...capacities.map((value) => value ?? 0));
  const largest = Math.max(
    ...loads.map((load) => load.offered),
    ...earlier.map((load) => load ?? 0),
  );
  // An attack of a hundred times the capacity would flatten every other bar.
  const scale =
    largestCapacity > 0
      ? Math.min(Math.max(largest, largestCapacity), 2 * largestCapacity)
      : largest || 1;
  const share = (value: number) => Math.min(1, value / scale);
  return order.map((site) => {
    const load = loads[site];
    const capacity = capacities[site];
    const legit = share(Math.min(load.legit, load.offered));
    const isOver = load.used > 1;
    return {
      site,
      name: siteTitle(result.sites, site),
      legit,
      extra: Math.max(0, share(load.offered) - legit),
      capacity: capacity === null ? null : share(capacity),
      before: earlier[site] === null ? null : share(earlier[site]),
      isOver,
      scale,
      limit: capacity,
      demand: load.legit,
      offered: load.offered,
      text: loadText(result, report, load.offered, capacity, unit),
      title: loadTitle(result, report, load, capacity, unit),
    };
  });
}

function loadText(
  result: RunResult,
  report: RunReport,
  offered: number,
  capacity: number | null,
  unit: Unit,
): string {
  const isShare = !result.world.has_clients && capacity === null && unit === 'kqps';
  if (isShare) return percent(offered, report.demand);
  return capacity === null ? short(offered) : `${short(offered)} / ${short(capacity)}`;
}

/** Tenths of hundreds tell nothing here, and there is little room; the title has them. */
function short(value: number): string {
  return value < 100 ? number(value) : count(value);
}

function loadTitle(
  result: RunResult,
  report: RunReport,
  load: { legit: number; offered: number; gbps: number; used: number; loss: number },
  capacity: number | null,
  of: Unit,
): string {
  const hasUnit = result.world.has_clients || capacity !== null || of === 'gbps';
  const amount = (value: number) =>
    hasUnit ? `${number(value)}\u202f${UNITS[of]}` : percent(value, report.demand);
  const parts = [`${amount(load.offered)} offered`];
  if (load.offered > load.legit * 1.0005) {
    parts.push(`${amount(load.offered - load.legit)} of it attack and retries`);
  }
  if (capacity !== null) parts.push(`capacity ${amount(capacity)}`);
  if (Number.isFinite(load.used) && load.used > 0 && capacity !== null) {
    parts.push(`${percent(load.used, 1)} used`);
  }
  if (load.loss > 0) parts.push(`${percent(load.loss, 1)} of attempts lost`);
  if (hasUnit && capacity === null && of === 'kqps')
    parts.push(`${percent(load.offered, report.demand)} of all demand`);
  return parts.join(', ');
}

export interface SummaryRow {
  /** null for those without service. */
  site: number | null;
  sources: number;
  demand: number;
  /** Mean AS path length; null where nobody has a route, or DNS steers. */
  length: number | null;
}

/** Per site who is served there at the track's time: the dots of the map as numbers. */
export function summary(
  track: Track,
  weight: Float64Array,
  clients: { dot: number; weight: number }[],
  sites: number,
): SummaryRow[] {
  const rows: SummaryRow[] = Array.from({ length: sites + 1 }, (_, site) => ({
    site: site < sites ? site : null,
    sources: 0,
    demand: 0,
    length: null,
  }));
  const sums = new Float64Array(sites + 1);
  const counts = new Uint32Array(sites + 1);
  const own = new Map(clients.map((client) => [client.dot, client.weight]));
  for (const dot of track.sources) {
    const main = track.fate(dot);
    const home = main < STALE ? main : sites;
    rows[home].sources += 1;
    const length = track.lengths[dot];
    if (length !== undefined && length !== 255) {
      sums[home] += length;
      counts[home] += 1;
    }
    const first = track.firstStream[dot];
    for (let stream = first; stream < first + track.streamCount[dot]; stream += 1) {
      const fate = track.fates[stream];
      const demand = (own.get(dot) ?? weight[dot]) * track.streamShare[stream];
      rows[fate < STALE ? fate : sites].demand += demand;
    }
  }
  rows.forEach((row, place) => {
    if (counts[place] > 0) row.length = sums[place] / counts[place];
  });
  return rows;
}
