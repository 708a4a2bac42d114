// Why a network goes where it goes, in words: for the panel, and to be copied. Pure.

import type { HopInfo, OptionInfo, RunReport, RunResult, SiteInfo, Why } from '../engine/api';
import { fateKind } from '../engine/columns';
import { clock, millis, plural, withTimes } from '../model/format';
import { eventTitle, fateText, siteTitle, stepPhrase, stepRow, withCities } from './words';

/** Candidates that have a column; the others are counted. */
export const COLUMNS_MAX = 5;

export interface Cell {
  text: string;
  /** `won` stays in, `lost` goes here, `out` went before. */
  state: 'in' | 'lost' | 'out';
}

export interface Row {
  step: string;
  name: string;
  isDeciding: boolean;
  cells: Cell[];
}

/** The rows up to the step that decides, and how many come after it. */
export function candidateRows(hop: HopInfo): { rows: Row[]; later: string[] } {
  const options = hop.options.slice(0, COLUMNS_MAX);
  const decided = hop.decided_by === null ? -1 : hop.steps.indexOf(hop.decided_by);
  const needed = hop.steps.slice(0, decided + 1);
  const out = new Set<number>();
  const rows = needed.map((step) => {
    const cells = options.map((option, place): Cell => {
      if (out.has(place)) return { text: '', state: 'out' };
      const isLost = option.lost_at === step;
      const text =
        value(step, option) ?? (isLost ? 'loses' : step === hop.decided_by ? '' : 'equal');
      return { text, state: isLost ? 'lost' : 'in' };
    });
    options.forEach((option, place) => {
      if (option.lost_at === step) out.add(place);
    });
    return { step, name: stepRow(step), isDeciding: step === hop.decided_by, cells };
  });
  return { rows, later: hop.steps.slice(decided + 1).map(stepRow) };
}

function value(step: string, option: OptionInfo): string | null {
  switch (step) {
    case 'local-pref':
      return `${option.local_pref} ${option.class}`;
    case 'path-length':
      return plural(option.path_length, 'AS', 'ASes');
    case 'med':
      return option.med === null ? 'none' : String(option.med);
    case 'ebgp':
      return option.is_internal ? 'iBGP' : 'eBGP';
    case 'igp-cost':
      return `${option.igp_cost}\u202fkm`;
    case 'oldest':
      return option.age === '' ? null : withTimes(option.age);
    case 'rtt':
      return option.rtt_ms === null ? null : millis(option.rtt_ms);
    case 'router-id':
      return String(option.router_id);
    default:
      return null;
  }
}

/** Where it goes, and at which step that was decided. */
export function headline(why: Why, result: RunResult, name: string | null): string {
  const who = name === null ? why.subject : `${name}, AS${why.asn}`;
  const where = why.site === null ? 'no PoP' : siteTitle(result.sites, why.site);
  return `${who} → ${where}. ${decision(why)}`;
}

function decision(why: Why): string {
  if (why.ending) return sentence(why.ending);
  if (why.hops.length === 0) return 'It has no route.';
  if (why.decisive === null) return 'No other PoP was on offer on the way.';
  const hop = why.hops[why.decisive];
  const phrase = hop.decided_by ? `by ${stepPhrase(hop.decided_by)}` : 'by the only candidate';
  if (why.decisive === 0) return `Decided ${phrase}.`;
  return `Decided ${plural(why.decisive, 'hop', 'hops')} further on, at ${hop.label}, ${phrase}.`;
}

/** Why that route won: what the headline says already is left out. */
export function verdict(why: Why, sites: SiteInfo[]): string {
  const text = why.verdict.replace(/^Decided at .*?, step [\w-]+: /, '');
  return sentence(withTimes(withCities(text, sites)));
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}

export interface Ideal {
  rtt: number;
  best: number;
  bestSite: number;
  inflation: number;
  /** 1 for the nearest. */
  rank: number | null;
  of: number;
}

/** How its round trip compares with the best that a site in its place could give. */
export function ideal(why: Why): Ideal | null {
  if (why.rtt_ms === null || why.nearest.length === 0) return null;
  const best = why.nearest.reduce((a, b) => (b.rtt_ms < a.rtt_ms ? b : a));
  const rank = why.nearest.findIndex((near) => near.site === why.site);
  return {
    rtt: why.rtt_ms,
    best: best.rtt_ms,
    bestSite: best.site,
    inflation: Math.max(0, why.rtt_ms - best.rtt_ms),
    rank: rank < 0 ? null : rank + 1,
    of: why.nearest.length,
  };
}

export function ordinal(rank: number): string {
  const teens = rank % 100 >= 11 && rank % 100 <= 13;
  const end = teens ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' }[rank % 10] ?? 'th');
  return `${rank}${end}`;
}

export function rankText({ rank, of }: Ideal): string {
  if (rank === null) return `not among the ${of} active PoPs`;
  if (rank === 1) return `the nearest of ${of}`;
  return `${ordinal(rank)} nearest of ${of}`;
}

export interface Moment {
  at: number;
  text: string;
  cause: string;
  isServed: boolean;
}

/** What became of its packets up to a time, the newest last. */
export function history(why: Why, result: RunResult, report: RunReport | null): Moment[] {
  const causeOf = (label: string | null) => {
    const event = report?.events.find((one) => one.label === label);
    return event ? eventTitle(result, event) : (label ?? '');
  };
  const moments = why.packets
    .filter((packet) => packet.at_us <= why.at_us)
    .map((packet) => ({
      at: packet.at_us,
      text: fateText(result.sites, packet.fate),
      cause: causeOf(packet.cause),
      isServed: fateKind(packet.fate) === 'served',
    }));
  // Where DNS splits its queries, several parts may fare alike.
  const isSame = (a: Moment, b: Moment) => a.at === b.at && a.text === b.text;
  return moments.filter((one, place) => moments.findIndex((other) => isSame(one, other)) === place);
}

/** A share of demand that is not rounded to nothing. */
export function smallShare(share: number): string {
  if (share === 0) return 'no demand';
  const text = (100 * share).toFixed(2).replace(/\.?0+$/, '');
  return text === '0' ? 'less than 0.01\u202f% of demand' : `${text}\u202f% of demand`;
}

/** The whole answer as plain text. */
export function plainText(
  why: Why,
  result: RunResult,
  report: RunReport,
  name: string | null,
): string {
  const lines = [
    headline(why, result, name),
    `At ${clock(why.at_us)} of ${result.name}, ${report.steering}, seed ${result.seed}.`,
    verdict(why, result.sites),
    '',
  ];
  why.hops.forEach((hop, place) => {
    lines.push(`${place + 1}. ${hop.label}${hop.originates ? ' originates' : ''}`);
    for (const option of hop.options) {
      const site = option.site === null ? 'nowhere' : siteTitle(result.sites, option.site);
      const end = option.lost_at ? `lost at ${option.lost_at}` : 'chosen';
      lines.push(`   ${option.from} → ${site}  ${option.as_path.join(' ')}  ${end}`);
    }
  });
  const compared = ideal(why);
  if (compared) {
    const { rtt, best, bestSite, inflation } = compared;
    lines.push(
      '',
      `RTT ${millis(rtt)}, best possible ${millis(best)} (${siteTitle(result.sites, bestSite)}), inflation ${millis(inflation)}, ${rankText(compared)}.`,
    );
  }
  for (const flip of why.flips) {
    const lands = flip.lands_at === null ? 'no route' : siteTitle(result.sites, flip.lands_at);
    lines.push(
      `${withCities(flip.action, result.sites)} → ${lands}, moves ${smallShare(flip.moved_share)}`,
    );
  }
  lines.push('', why.command);
  return lines.join('\n');
}
