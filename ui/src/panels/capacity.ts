// Changing what a site can carry where it was said: in its own entry, or in the event that changed
// it last. Whoever drags a tick changes the value that they see. Pure.

import type { EventDoc, ScenarioDoc, SiteDoc } from '../engine/api';
import { number } from '../model/format';
import { events, putSite, timeOf } from '../model/scenario';
import { UNITS, type Unit } from './bars';

/** As much as a scenario takes, in either unit. */
const MOST = 1e9;

type Limits = { kqps?: number; gbps?: number };

/** The event that set a capacity last, up to a time; null if the site has it from the start. */
export function capacityEvent(
  doc: ScenarioDoc,
  site: string,
  unit: Unit,
  time: number,
): EventDoc | null {
  let last: EventDoc | null = null;
  for (const event of [...events(doc)].sort((a, b) => timeOf(a) - timeOf(b))) {
    const change = event.capacity as ({ site?: string } & Limits) | undefined;
    const isOurs = change?.site?.toLowerCase() === site.toLowerCase();
    if (timeOf(event) <= time && isOurs && change[unit] !== undefined) last = event;
  }
  return last;
}

/** A scenario in which a site carries as much at a time. */
export function withCapacity(
  doc: ScenarioDoc,
  site: string,
  unit: Unit,
  time: number,
  value: number,
): ScenarioDoc {
  const last = capacityEvent(doc, site, unit, time);
  if (last) {
    const changed = { ...last, capacity: { ...(last.capacity as Limits), [unit]: value } };
    return { ...doc, event: events(doc).map((event) => (event === last ? changed : event)) };
  }
  // What the world says of the other unit stays: limits that are not written are not touched.
  const own = (doc.site ?? []).find(
    (one: SiteDoc) => one.name.toLowerCase() === site.toLowerCase(),
  );
  return putSite(doc, { name: site, capacity: { ...own?.capacity, [unit]: value } });
}

/** A step that a picture of this width can show: 1, 2 or 5 times a power of ten. */
export function stepOf(scale: number): number {
  const least = Math.max(scale / 100, 1e-6);
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= least * 0.999)!;
}

/** The multiple of a step that is nearest, within what a scenario takes. */
export function snapped(value: number, step: number): number {
  const whole = Math.round(Math.min(MOST, Math.max(0, value)) / step) * step;
  // 3 × 0.1 is not 0.3 to a computer, and it would be written so.
  return Number(whole.toPrecision(12));
}

export function capacityText(value: number, unit: Unit): string {
  return `${number(value)}\u202f${UNITS[unit]}`;
}
