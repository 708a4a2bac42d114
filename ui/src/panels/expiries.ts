// Who still holds a DNS answer with a dead site, the next to run out first. Pure.

import type { RunReport, ScenarioDoc } from '../engine/api';
import type { Ring } from '../model/track';

export interface Expiry {
  key: number;
  dot: number;
  site: number;
  share: number;
  /** µs until the answer runs out. */
  left: number;
  /** What is left of the answer, as the ring on the map shows it: full until it was noticed. */
  part: number;
  isNoticed: boolean;
  /** Whether no TTL ends it: it is kept until the PoP returns. */
  isKept: boolean;
}

export function expiries(rings: Ring[], time: number): Expiry[] {
  return rings
    .map((ring) => ({
      key: ring.stream,
      dot: ring.dot,
      site: ring.site,
      share: ring.share,
      left: ring.expires - time,
      part: partLeft(ring, time),
      isNoticed: time >= ring.noticed,
      isKept: ring.isKept,
    }))
    .sort((a, b) => a.left - b.left || a.dot - b.dot);
}

function partLeft(ring: Ring, time: number): number {
  const whole = ring.expires - ring.noticed;
  return whole <= 0 ? 0 : Math.max(0, Math.min(1, (ring.expires - time) / whole));
}

/**
 * Share of the detection that has passed, 0 to 1, and what is left of it; null once noticed. Where
 * the PoP returns before it would be noticed, infinitely much is left.
 */
export function detection(rings: Ring[], time: number): { part: number; left: number } | null {
  const open = rings.filter((ring) => time < ring.noticed);
  if (open.length === 0) return null;
  const last = open.reduce((a, b) => (b.noticed > a.noticed ? b : a));
  if (last.noticed === Infinity) return { part: 0, left: Infinity };
  const whole = last.noticed - last.event;
  return { part: (time - last.event) / whole, left: last.noticed - time };
}

/** `TTL 60s · health check 30s × 3`, with the defaults of files. */
export function dnsTerms(doc: ScenarioDoc): string {
  const geodns = doc.geodns ?? {};
  const check = (geodns.health_check ?? {}) as { interval?: string; fall?: number };
  const spaced = (text: string) => text.replace(/(\d)([a-z])/g, '$1\u202f$2');
  const ttl = typeof geodns.ttl === 'string' ? geodns.ttl : '60s';
  return `TTL ${spaced(ttl)} · health check ${spaced(check.interval ?? '30s')} × ${check.fall ?? 3}`;
}

/** Whether DNS has a part in a run. */
export function hasDns(report: RunReport): boolean {
  return report.steering !== 'anycast';
}
