// Edits of a scenario: pure functions from one document to the next. What they do not touch stays
// as it was written. What a document means is the engine's business.

import type { ClientDoc, EventDoc, ScenarioDoc, SiteDoc, SiteState } from '../engine/api';
import { parseDuration, writeDuration } from './duration';

/** How a site can fail, in the words of files, with what that means. */
export const FAILURES: { how: string; label: string }[] = [
  { how: 'withdraw', label: 'withdraw: its router takes the route back' },
  { how: 'bfd', label: 'BFD: the neighbor notices within a second' },
  { how: 'hold-timer', label: 'hold timer: the neighbor notices after up to three minutes' },
  { how: 'interface', label: 'interface down: noticed at once' },
  { how: 'health-check', label: 'health check: the site withdraws itself' },
  { how: 'silent', label: 'silent: the service is dead, the route stays' },
  { how: 'unannounced', label: 'up but unannounced: the service is fine, the route is gone' },
];

export function timeOf(event: EventDoc): number {
  return parseDuration(event.at) ?? 0;
}

/** The text of a time for a file. */
export const writeAt = writeDuration;

export function events(doc: ScenarioDoc): EventDoc[] {
  return doc.event ?? [];
}

function withEvents(doc: ScenarioDoc, list: EventDoc[]): ScenarioDoc {
  const { event: _, compare, ...rest } = doc;
  const next: ScenarioDoc = list.length === 0 ? rest : { ...rest, event: list };
  // Variants that change the third event would now change another, or none.
  const kept = (compare ?? []).filter(
    (variant) => !Object.keys(variant.set).some((path) => path.startsWith('event.')),
  );
  return kept.length === 0 ? next : { ...next, compare: kept };
}

/** Adds an event, behind those of the same instant. */
export function addEvent(doc: ScenarioDoc, event: EventDoc): ScenarioDoc {
  const list = events(doc);
  const place = list.filter((other) => timeOf(other) <= timeOf(event)).length;
  const sorted = [...list].sort((a, b) => timeOf(a) - timeOf(b));
  return withEvents(doc, [...sorted.slice(0, place), event, ...sorted.slice(place)]);
}

export function removeEvent(doc: ScenarioDoc, index: number): ScenarioDoc {
  return withEvents(
    doc,
    events(doc).filter((_, place) => place !== index),
  );
}

export function moveEvent(doc: ScenarioDoc, index: number, at: number): ScenarioDoc {
  const event = events(doc)[index];
  return addEvent(removeEvent(doc, index), { ...event, at: writeDuration(Math.max(0, at)) });
}

export function withoutEvents(doc: ScenarioDoc): ScenarioDoc {
  return withEvents(doc, []);
}

const same = (a: string | undefined, b: string) => a?.toLowerCase() === b.toLowerCase();

/** The site that an event is about, as it is written there. */
function siteOf(event: EventDoc): string | undefined {
  return event.fail ?? event.restore ?? event.drain;
}

/** How a site stands after all events up to a time. */
export function siteState(doc: ScenarioDoc, site: string, time: number): SiteState {
  let state: SiteState = 'up';
  for (const event of [...events(doc)].sort((a, b) => timeOf(a) - timeOf(b))) {
    if (timeOf(event) > time || !same(siteOf(event), site)) continue;
    if (event.restore !== undefined) state = 'up';
    else if (event.drain !== undefined || event.how === 'drain') state = 'draining';
    else state = event.how === 'unannounced' ? 'unannounced' : 'failed';
  }
  return state;
}

/**
 * Fails a site at a time, or restores it if it is not up then. What the file had planned for this
 * site after that is dropped: it was about another past.
 */
export function toggleSite(
  doc: ScenarioDoc,
  site: string,
  time: number,
  how = 'withdraw',
): ScenarioDoc {
  const isUp = siteState(doc, site, time) === 'up';
  const kept = events(doc).filter((event) => timeOf(event) <= time || !same(siteOf(event), site));
  const at = writeDuration(time);
  const event: EventDoc = isUp
    ? how === 'withdraw'
      ? { at, fail: site }
      : { at, fail: site, how }
    : { at, restore: site };
  return addEvent(withEvents(doc, kept), event);
}

/** Restores every site that is not up at a time. */
export function restoreAll(doc: ScenarioDoc, sites: string[], time: number): ScenarioDoc {
  return sites
    .filter((site) => siteState(doc, site, time) !== 'up')
    .reduce((next, site) => toggleSite(next, site, time), doc);
}

export function clients(doc: ScenarioDoc): ClientDoc[] {
  return doc.client ?? [];
}

/** The first AS number from one on that neither the scenario nor its world has. */
export function freeAsn(
  from: number,
  doc: ScenarioDoc,
  world: ReadonlySet<number> = new Set(),
): number {
  const listed = new Set([...clients(doc), ...(doc.site ?? [])].map((one) => one.asn));
  let asn = from;
  while (listed.has(asn) || world.has(asn)) asn += 1;
  return asn;
}

/** A new client with an AS of its own: the engine proposes one that was free in an older scenario. */
export function withOwnAs(
  doc: ScenarioDoc,
  client: ClientDoc,
  world?: ReadonlySet<number>,
): ClientDoc {
  return { ...client, asn: freeAsn(client.asn, doc, world) };
}

function withClients(doc: ScenarioDoc, list: ClientDoc[]): ScenarioDoc {
  const { client: _, ...rest } = doc;
  return list.length === 0 ? rest : { ...rest, client: list };
}

export function addClient(doc: ScenarioDoc, client: ClientDoc): ScenarioDoc {
  return withClients(doc, [...(doc.client ?? []), client]);
}

export function removeClient(doc: ScenarioDoc, index: number): ScenarioDoc {
  return withClients(
    doc,
    (doc.client ?? []).filter((_, place) => place !== index),
  );
}

export function moveClient(doc: ScenarioDoc, index: number, client: ClientDoc): ScenarioDoc {
  return withClients(
    doc,
    (doc.client ?? []).map((old, place) =>
      place === index ? { ...client, asn: old.asn, weight: old.weight ?? client.weight } : old,
    ),
  );
}

/** Adds a site, or changes the keys given of the one with that name. */
export function putSite(doc: ScenarioDoc, site: SiteDoc): ScenarioDoc {
  const list = doc.site ?? [];
  const known = list.findIndex((other) => same(other.name, site.name));
  const next =
    known < 0
      ? [...list, site]
      : list.map((other, place) => (place === known ? { ...other, ...site } : other));
  return { ...doc, site: next };
}

/** Moves a site: to a city by its code, or to degrees north and east. */
export function moveSite(doc: ScenarioDoc, name: string, to: string | [number, number]) {
  const known = (doc.site ?? []).find((other) => same(other.name, name));
  const { city: _, at: __, ...kept } = known ?? { name };
  const place = typeof to === 'string' ? { city: to } : { at: to };
  const others = (doc.site ?? []).filter((other) => other !== known);
  return putSite({ ...doc, site: others }, { ...kept, ...place });
}

/** Whether the file says all of a site that a new one needs, or may only change one of the world. */
export function mayBeNewSite(doc: ScenarioDoc, name: string): boolean {
  const own = (doc.site ?? []).find((other) => same(other.name, name));
  return own?.asn !== undefined && own.neighbors !== undefined;
}

/**
 * Takes a site out, with the events about it. One of the world is marked, since it would be there
 * again; one that only the file has is dropped, since there would be nothing to remove.
 */
export function removeSite(doc: ScenarioDoc, name: string, isOfWorld: boolean): ScenarioDoc {
  const about = (event: EventDoc) => {
    const inner = (event.announce ?? event.capacity) as { site?: string } | undefined;
    return same(siteOf(event) ?? inner?.site, name);
  };
  const rest = (doc.site ?? []).filter((other) => !same(other.name, name));
  const site = isOfWorld ? [...rest, { name, remove: true }] : rest;
  const next = withEvents(
    doc,
    events(doc).filter((event) => !about(event)),
  );
  const { site: _, ...others } = next;
  return site.length === 0 ? others : { ...others, site };
}

export function setRule(doc: ScenarioDoc, name: string, value: string | number | boolean) {
  return { ...doc, rules: { ...doc.rules, [name]: value } };
}

export function setGeodns(doc: ScenarioDoc, name: string, value: unknown): ScenarioDoc {
  return { ...doc, geodns: { ...doc.geodns, [name]: value } };
}

/** Whether two documents say the same, whatever the order of their keys. */
export function equal(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
