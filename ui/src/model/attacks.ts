// Attacks and what to do about them, as events of a scenario, so that Simulate can play what the
// attack panel computed.

import type { EventDoc, PlanAnswer } from '../engine/api';
import { sectionOf } from './answer';

/** What an attack panel asks about: bots as options name them, and how much they send. */
export interface Attack {
  /** `by_users`, `region=eu`, `country=DE`, `ases=64500,64501`. */
  from: string;
  mqps: number | null;
  gbps: number | null;
}

/** Whom a site announces to, with the prepends that it makes already. */
export interface Speaker {
  name: string;
  neighbors: { asn: number; prepend: number }[];
}

/** When the attack begins, and when somebody has found out what to do, in s. */
export const ATTACK_AT = '1s';
export const RESPONSE_AT = '61s';
const LASTS = '10m';

/** The source of an attack as scenario files name it. */
export function fromOf(text: string): unknown {
  const [kind, value] = text.split('=');
  switch (kind) {
    case 'ases':
      return { ases: value.split(',').map((asn) => Number(asn.replace(/^AS/i, ''))) };
    case 'zipf':
      return { zipf: Number(value) };
    case 'region':
    case 'country':
      return { [kind]: value };
    default:
      return kind;
  }
}

export function attackEvent({ from, mqps, gbps }: Attack): EventDoc {
  const size = { ...(mqps === null ? {} : { mqps }), ...(gbps === null ? {} : { gbps }) };
  return { at: ATTACK_AT, attack: { ...size, from: fromOf(from), lasts: LASTS } };
}

/**
 * A response of a playbook as events: `bom withdraws; fra prepends 2; sin leaves AS1299, AS3356`.
 * `[]` for absorbing it; `null` for what events cannot say, such as what sites do by themselves.
 */
export function responseEvents(response: string, speakers: Speaker[]): EventDoc[] | null {
  if (response === 'absorb') return [];
  const found = response.split('; ').map((action) => actionEvents(action, speakers));
  return found.every((events) => events !== null) ? found.flat() : null;
}

function actionEvents(action: string, speakers: Speaker[]): EventDoc[] | null {
  const match = /^(\S+) (withdraws|prepends|leaves)(?: (.*))?$/.exec(action);
  const speaker = match && speakers.find(({ name }) => name === match[1]);
  if (!match || !speaker) return null;
  const [, site, verb, rest = ''] = match;
  const at = RESPONSE_AT;
  if (verb === 'withdraws') return [{ at, fail: site }];
  if (verb === 'leaves') {
    const asns = rest.split(', ').map((text) => Number(text.replace(/^AS/, '')));
    return asns.map((neighbor) => ({ at, announce: { site, neighbor, withdraw: true } }));
  }
  // The playbook counts prepends beside those that a site makes already.
  return speaker.neighbors.map(({ asn, prepend }) => ({
    at,
    announce: { site, neighbor: asn, prepend: prepend + Number(rest) },
  }));
}

/** How much a response does: `2 sites`, `3 prepends`, `1 session`; `null` for absorbing. */
export function effortText(response: string): string | null {
  const count = { site: 0, session: 0, prepend: 0 };
  for (const action of response.split('; ')) {
    const [, , verb, rest] = /^(\S+) (withdraws|prepends|leaves)(?: (.*))?$/.exec(action) ?? [];
    if (verb === 'withdraws') count.site += 1;
    else if (verb === 'leaves') count.session += rest.split(', ').length;
    else if (verb === 'prepends') count.prepend += Number(rest);
  }
  // What sites do by themselves is a list of names: `by themselves fra, lhr and bom withdraw`.
  const themselves = /^by themselves (.*) withdraw$/.exec(response);
  if (themselves) count.site = themselves[1].split(/, | and /).length;
  const parts = Object.entries(count).filter(([, many]) => many > 0);
  return parts.length === 0
    ? null
    : parts.map(([what, many]) => `${many} ${what}${many === 1 ? '' : 's'}`).join(', ');
}

/** The smaller response that a note of a playbook names: `` `absorb` does as much ``. */
export function smallerIn(note: number | string | null): string | null {
  return /^`(.*)` does as much$/.exec(String(note ?? ''))?.[1] ?? null;
}

/**
 * The size that a playbook is for: of those in the map, the one that an even split was made of.
 * `null` if the answer has no such tables.
 */
export function mainSize(answer: PlanAnswer): Pick<Attack, 'mqps' | 'gbps'> | null {
  const column = (section: string, name: string) =>
    sectionOf(answer, section)?.columns.find((one) => one.name === name);
  const even = column('families', 'even');
  const sites = new Set(column('sites', 'site')?.values).size;
  const [queries, bits] = [column('map', 'attack'), column('map', 'attack_link')];
  if (!even || !queries || !bits || sites === 0) return null;
  const whole = Number(even.values[0]) * sites;
  const sizes = (even.unit === 'Gb/s' ? bits : queries).values.map(Number);
  const off = sizes.map((size) => Math.abs(size - whole));
  const row = off.indexOf(Math.min(...off));
  if (row < 0) return null;
  const [kqps, gbps] = [queries.values[row], bits.values[row]];
  return {
    mqps: typeof kqps === 'number' ? kqps / 1000 : null,
    gbps: typeof gbps === 'number' ? gbps : null,
  };
}
