// The paths that a network tried after an event, one below the other. Pure.

import type { ChangeInfo, RunReport, SiteInfo, Why } from '../engine/api';

export interface Rung {
  /** µs since the event; null for the route from before it. */
  after: number | null;
  /** AS_PATH, nearest neighbor first; empty for no route and for a site itself. */
  path: number[];
  site: number | null;
  hasRoute: boolean;
  /** Its origin did not answer any more when it was chosen. */
  isDead: boolean;
  isFinal: boolean;
  verdict: string;
}

export interface Ladder {
  rungs: Rung[];
  /** Paths that came after the one from before the event. */
  tried: number;
  /** µs from the event to the last change. */
  lasted: number;
  /** ASes of the longest path among those. */
  longest: number;
}

/** Failures after which a site still serves what arrives: only its routes go. */
const SERVES_ON = new Set(['drain', 'unannounced']);

/** Whether a site answers nobody at a time, all events of that instant done. */
export function isDown(report: RunReport, site: number, time: number): boolean {
  let down = false;
  for (const event of report.events) {
    if (event.at_us > time || event.site !== site) continue;
    if (event.deed === 'fail' && !SERVES_ON.has(event.how ?? '')) down = true;
    if (event.deed === 'restore') down = false;
  }
  return down;
}

/** The ladder of one event; null if it changed nothing here, or not yet. */
export function ladder(
  why: Pick<Why, 'changes' | 'at_us'>,
  report: RunReport,
  sites: SiteInfo[],
  event: number,
): Ladder | null {
  const from = report.events[event]?.at_us;
  if (from === undefined) return null;
  const until = report.events.find((other) => other.at_us > from)?.at_us ?? Infinity;
  const before = why.changes.findLast((change) => change.at_us < from);
  const mine = why.changes.filter(
    (change) => change.at_us >= from && change.at_us < until && change.at_us <= why.at_us,
  );
  if (mine.length === 0) return null;
  const rung = (change: ChangeInfo, after: number | null, isFinal: boolean): Rung => ({
    after,
    path: change.as_path,
    site: change.site,
    hasRoute: change.to !== null,
    isDead: change.to !== null && leadsToDead(change, report, sites, from),
    isFinal,
    verdict: change.verdict,
  });
  const rungs = mine.map((change, place) =>
    rung(change, change.at_us - from, place === mine.length - 1),
  );
  if (before) rungs.unshift(rung(before, null, false));
  const routes = mine.filter((change) => change.to !== null);
  return {
    rungs,
    tried: routes.length,
    lasted: mine.at(-1)!.at_us - from,
    longest: Math.max(0, ...routes.map((change) => change.as_path.length)),
  };
}

/** Whether a path ends at a site that is down once the event has happened. */
function leadsToDead(
  change: ChangeInfo,
  report: RunReport,
  sites: SiteInfo[],
  event: number,
): boolean {
  const time = Math.max(event, change.at_us);
  const origin = change.as_path.at(-1);
  const all = sites.map((_, site) => site).filter((site) => sites[site].asn === origin);
  if (all.length > 0 && all.every((site) => isDown(report, site, time))) return true;
  return change.site !== null && isDown(report, change.site, time);
}
