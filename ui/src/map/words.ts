// Marks of the map in words: accessible names and hover cards. Pure: no DOM.

import type { SiteInfo } from '../engine/api';
import { fateText } from '../panels/words';
import type { MapClient, SiteState } from './props';

const THIN = '\u202f';

/** A number for people: three digits that matter, thousands apart. */
export function amount(value: number): string {
  if (!Number.isFinite(value)) return '∞';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const [whole, part] = value.toFixed(digits).split('.');
  const spaced = whole.replace(/\B(?=(\d{3})+$)/g, THIN);
  const rest = part?.replace(/0+$/, '');
  return rest ? `${spaced}.${rest}` : spaced;
}

export function stateWord(site: SiteState): string {
  const words = {
    up: 'up',
    failed: 'failed',
    draining: 'draining',
    unannounced: 'up, not announced',
  };
  return words[site.state];
}

/** `72 of 80 kq/s`. */
export function loadWords(info: SiteInfo, site: SiteState): string {
  if (!site.load) return '';
  // Demand of a whole Internet has no unit, and a share is what people ask for anyway.
  if (info.kqps === null) return `${amount(100 * site.share)}\u202f% of the load`;
  return `${amount(site.load.offered)} of ${amount(info.kqps)} kq/s`;
}

/** `Frankfurt, AS64504, up, 72 of 80 kq/s`. */
export function popLabel(title: string, info: SiteInfo, site: SiteState): string {
  const parts = [title, `AS${info.asn}`, stateWord(site), loadWords(info, site)];
  if (site.over) parts.push('over capacity');
  return parts.filter((part) => part !== '').join(', ');
}

/** What a padlock says. */
export const CLAMPED = 'its resolver keeps answers longer than their TTL';

export function clientLabel(client: MapClient, sites: SiteInfo[]): string {
  const parts = [client.name, `AS${client.asn}`, fateText(sites, client.fate)];
  if (client.streams.length > 1) {
    const rest = client.streams.filter(({ fate }) => fate !== client.fate);
    for (const { fate, share } of rest.slice(0, 3)) {
      parts.push(`${Math.round(share * 100)} % ${fateText(sites, fate)}`);
    }
  }
  if (client.isClamped) parts.push(CLAMPED);
  return parts.join(', ');
}
