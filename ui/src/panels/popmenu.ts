// What can be done with one PoP, as events and edits of the scenario. Pure.

import type { EventDoc, NeighborInfo, ScenarioDoc, SiteInfo } from '../engine/api';
import { events, mayBeNewSite, removeSite, timeOf } from '../model/scenario';

/** Most prepends that a scenario takes. */
const PREPEND_MAX = 32;
/** In kq/s: a thousand times what any site carries. */
const CAPACITY_MAX = 1e9;

export interface Session {
  asn: number;
  name: string;
  prepend: number;
  isAnnounced: boolean;
}

interface AnnounceDoc {
  site?: string;
  neighbor?: number;
  prepend?: number;
  withdraw?: boolean;
}

/** How a site announces to each neighbor, after all events up to a time. */
export function sessionsAt(doc: ScenarioDoc, site: SiteInfo, time: number): Session[] {
  const sessions = site.neighbors.map(({ asn, name, prepend }: NeighborInfo): Session => ({
    asn,
    name,
    prepend,
    isAnnounced: true,
  }));
  for (const event of [...events(doc)].sort((a, b) => timeOf(a) - timeOf(b))) {
    if (timeOf(event) > time) break;
    const change = event.announce as AnnounceDoc | undefined;
    if (change?.site?.toLowerCase() !== site.name.toLowerCase()) continue;
    const session = sessions.find((one) => one.asn === Number(change.neighbor));
    if (!session) continue;
    if (change.withdraw !== undefined) session.isAnnounced = !change.withdraw;
    if (change.prepend !== undefined) session.prepend = change.prepend;
  }
  return sessions;
}

type Change = Omit<EventDoc, 'at'>;

/** Prepends more or less towards everyone; empty if nothing would change. */
export function prependAll(site: SiteInfo, sessions: Session[], by: 1 | -1): Change[] {
  return sessions
    .filter((one) => one.prepend + by >= 0 && one.prepend + by <= PREPEND_MAX)
    .map((one) => ({
      announce: { site: site.name, neighbor: one.asn, prepend: one.prepend + by },
    }));
}

export function announce(site: SiteInfo, neighbor: number, isAnnounced: boolean): Change {
  return { announce: { site: site.name, neighbor, withdraw: !isAnnounced } };
}

/** Takes every session out: the site runs, and nobody hears of it. */
export function isolate(site: SiteInfo, sessions: Session[]): Change[] {
  return sessions.filter((one) => one.isAnnounced).map((one) => announce(site, one.asn, false));
}

/** A capacity that somebody typed, in kq/s; null if it is none. */
export function readCapacity(text: string): number | null {
  const value = Number(text.trim().replace(/\s/g, '').replace(',', '.'));
  return text.trim() !== '' && value >= 0 && value <= CAPACITY_MAX ? value : null;
}

/**
 * A scenario without a site. Only the engine knows whether its world has the site too; it is asked
 * where the file alone does not tell. `isRefused`: whether a scenario removes what is not there.
 */
export async function withoutSite(
  doc: ScenarioDoc,
  name: string,
  isRefused: (marked: ScenarioDoc) => Promise<boolean>,
): Promise<ScenarioDoc> {
  const marked = removeSite(doc, name, true);
  if (!mayBeNewSite(doc, name)) return marked;
  return (await isRefused(marked)) ? removeSite(doc, name, false) : marked;
}
