// The change list of a plan: each change is an edit of the scenario that stands before any event.

import type { ScenarioDoc, SiteDoc } from '../engine/api';
import { putSite, removeSite } from './scenario';

/** One change, in the words of the list. */
export type Change =
  | { kind: 'prepend'; site: string; neighbor: number | null; prepend: number }
  | { kind: 'session'; site: string; neighbor: number }
  | { kind: 'withdraw'; site: string }
  | { kind: 'add'; site: SiteDoc }
  | { kind: 'capacity'; site: string; kqps: number }
  | { kind: 'announce'; site: string; neighbor: number; says: Says }
  | { kind: 'prefixes'; site: string; prefixes: string[] };

/** What a site says to a neighbor, in the keys of files: `med`, `communities`, `at`. */
export type Says = Record<string, unknown>;

/** Whom a site announces to, and whether the world brings it. */
export interface KnownSite {
  name: string;
  neighbors: number[];
  isOfWorld: boolean;
}

type Correction = { announce: { site: string; neighbor: number; [key: string]: unknown } };

function correct(doc: ScenarioDoc, corrections: Correction[]): ScenarioDoc {
  const list = (doc.correction as unknown[] | undefined) ?? [];
  return { ...doc, correction: [...list, ...corrections] };
}

/** The scenario after a change. */
export function applyChange(doc: ScenarioDoc, change: Change, sites: KnownSite[]): ScenarioDoc {
  const site = sites.find((one) => change.kind !== 'add' && one.name === change.site);
  switch (change.kind) {
    case 'prepend': {
      const { neighbor, prepend } = change;
      const neighbors = neighbor === null ? (site?.neighbors ?? []) : [neighbor];
      const said = (asn: number) => ({
        announce: { site: change.site, neighbor: asn, prepend },
      });
      return correct(doc, neighbors.map(said));
    }
    case 'session': {
      const { neighbor } = change;
      return correct(doc, [{ announce: { site: change.site, neighbor, withdraw: true } }]);
    }
    case 'withdraw':
      return removeSite(doc, change.site, site?.isOfWorld ?? true);
    case 'add':
      return putSite(doc, change.site);
    case 'capacity':
      return putSite(doc, {
        name: change.site,
        capacity: { ...capacityOf(doc, change.site), kqps: change.kqps },
      });
    case 'announce': {
      const { neighbor, says } = change;
      return correct(doc, [{ announce: { site: change.site, neighbor, ...says } }]);
    }
    case 'prefixes':
      return putSite(doc, { name: change.site, prefixes: change.prefixes });
  }
}

/** What the file says of a site's capacity: gigabits stay when queries change. */
function capacityOf(doc: ScenarioDoc, name: string): SiteDoc['capacity'] {
  return doc.site?.find((one) => one.name.toLowerCase() === name.toLowerCase())?.capacity;
}

/** The scenario after all changes, in their order. */
export function applyChanges(doc: ScenarioDoc, changes: Change[], sites: KnownSite[]): ScenarioDoc {
  return changes.reduce((next, change) => applyChange(next, change, sites), doc);
}

/** A change for people. */
export function changeText(change: Change): string {
  switch (change.kind) {
    case 'prepend': {
      const to = change.neighbor === null ? 'everybody' : `AS${change.neighbor}`;
      return change.prepend === 0
        ? `${change.site}: no prepends to ${to}`
        : `${change.site}: prepend ×${change.prepend} to ${to}`;
    }
    case 'session':
      return `${change.site}: say nothing to AS${change.neighbor}`;
    case 'withdraw':
      return `${change.site}: withdraw`;
    case 'add':
      return `add ${change.site.name}`;
    case 'capacity':
      return `${change.site}: capacity ${change.kqps} kq/s`;
    case 'announce': {
      const says = Object.entries(change.says).map(([key, value]) => `${key} ${String(value)}`);
      return `${change.site}: ${says.join(', ')} to AS${change.neighbor}`;
    }
    case 'prefixes':
      return `${change.site}: announce ${change.prefixes.join(', ') || 'nothing'}`;
  }
}

/** Puts a change into a list: what it says anew replaces what was said before. */
export function withChange(list: Change[], change: Change): Change[] {
  return [...list.filter((other) => !isReplaced(other, change)), change];
}

function isReplaced(old: Change, by: Change): boolean {
  if (old.kind === 'add' || by.kind === 'add') {
    return old.kind === 'add' && by.kind === 'add' && old.site.name === by.site.name;
  }
  if (old.site !== by.site) return false;
  if (old.kind === 'prepend' && by.kind === 'prepend') {
    return by.neighbor === null || old.neighbor === by.neighbor;
  }
  if (old.kind === 'session' && by.kind === 'session') return old.neighbor === by.neighbor;
  if (old.kind === 'announce' && by.kind === 'announce') {
    return old.neighbor === by.neighbor && old.says.at === by.says.at;
  }
  return old.kind === by.kind;
}

/** Whether something from outside is a list of changes. */
export function isChanges(list: unknown): list is Change[] {
  return Array.isArray(list) && list.every(isChange);
}

function isChange(change: unknown): change is Change {
  if (typeof change !== 'object' || change === null) return false;
  const { kind, site, neighbor, prepend, kqps, says, prefixes } = change as Says;
  const isAsn = Number.isInteger(neighbor);
  switch (kind) {
    case 'prepend':
      return typeof site === 'string' && Number.isInteger(prepend) && (neighbor === null || isAsn);
    case 'session':
      return typeof site === 'string' && isAsn;
    case 'withdraw':
      return typeof site === 'string';
    case 'capacity':
      return typeof site === 'string' && typeof kqps === 'number';
    case 'announce':
      return typeof site === 'string' && isAsn && typeof says === 'object' && says !== null;
    case 'prefixes':
      return typeof site === 'string' && Array.isArray(prefixes);
    case 'add':
      return typeof (site as { name?: unknown } | null)?.name === 'string';
    default:
      return false;
  }
}
