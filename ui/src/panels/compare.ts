// The same events, steered in two ways, as a table. Pure.

import type { EventInfo, RunReport, RunResult } from '../engine/api';
import { millis, percent, secondsOrNever } from '../model/format';
import { staleSources } from '../model/recovery';
import type { Track } from '../model/track';
import { flowsText, lost, sources } from './words';

export interface Side {
  report: RunReport;
  track: Track;
}

export interface CompareRow {
  /** Names the row for tests. */
  id: string;
  name: string;
  note: string;
  cells: { text: string; plain: string; wins: boolean }[];
}

/**
 * The last event of the scenario up to a time that cut anybody off, in any of the runs; null if
 * there is none. Sites that withdraw themselves do so in one run and not in the other.
 */
export function hurtEvent(sides: Side[], time: number): number | null {
  const hurt = sides
    .flatMap(({ report }) => report.events)
    .filter((event) => event.index !== null && event.at_us <= time && event.hurt.sources > 0);
  if (hurt.length === 0) return null;
  return hurt.reduce((a, b) => (b.at_us >= a.at_us ? b : a)).index;
}

/** Which of the values is best: the lowest, if not all are equal; null is never. */
export function winners(values: (number | null)[]): boolean[] {
  const size = (value: number | null) => value ?? Infinity;
  const least = Math.min(...values.map(size));
  const isTie = values.every((value) => size(value) === least);
  return values.map((value) => !isTie && size(value) === least);
}

export function compareRows(result: RunResult, sides: Side[], time: number): CompareRow[] {
  const index = hurtEvent(sides, time);
  const events = sides.map(({ report }) => eventOf(report, index));
  const since = 'Since the last event that cut anybody off';
  const half = 'Half of the demand stays below';
  const clock = (id: string, name: string, pick: (event: EventInfo) => number | null) => {
    const values = events.map((event) => (event && event.hurt.sources > 0 ? pick(event) : 0));
    return row(id, name, since, values, (value, side) => {
      if (index === null) return '–';
      return events[side]?.hurt.sources ? secondsOrNever(value) : 'nobody hurt';
    });
  };
  const rtt = (id: string, name: string, values: (number | null)[]) =>
    row(id, name, half, values, (value) => millis(value), values.includes(null));
  return [
    row(
      'stale',
      'On a dead PoP or link now',
      'Whose packets go to a PoP that does not answer, or into a link that is down',
      sides.map(({ track }) => staleSources(track)),
      (value, side) =>
        result.world.has_clients
          ? `${value} / ${sides[side].report.sources}`
          : sources(result, value ?? 0),
    ),
    inSeconds(clock('half', 'Half recovered', (event) => event.half_us)),
    inSeconds(clock('all', 'All recovered', (event) => event.all_us)),
    row(
      'lost',
      `Lost, in ${result.world.has_clients ? 'k queries' : 'time of all demand'}`,
      'Up to now: demand without service, times the seconds that it was without',
      sides.map(({ track }) => track.lost(time)),
      (value, side) => lost(result, sides[side].report, value ?? 0)[0],
    ),
    row(
      'flows',
      'Flows broken',
      'By the events up to now',
      sides.map(({ report }) =>
        report.events
          .filter((one) => one.at_us <= time)
          .reduce((sum, one) => sum + one.broken_needed + one.broken_unneeded, 0),
      ),
      (value, side) => flowsText(result, sides[side].report, value ?? 0),
    ),
    rtt(
      'rtt-before',
      'Median RTT at the start',
      sides.map(({ report }) => report.rtt_before_ms),
    ),
    rtt(
      'rtt-after',
      'Median RTT at the end',
      sides.map(({ report }) => report.rtt_after_ms),
    ),
    {
      id: 'control',
      name: 'Load control',
      note: 'What an operator can move: whole networks with announcements, or each DNS answer',
      cells: sides.map(({ report }) => ({
        text: CONTROL[report.steering],
        plain: '',
        wins: false,
      })),
    },
  ];
}

function eventOf(report: RunReport, index: number | null): EventInfo | null {
  return index === null ? null : (report.events.find((event) => event.index === index) ?? null);
}

/** A row whose lowest value wins. `isOpen`: not all values are known, so nobody does. */
function row(
  id: string,
  name: string,
  note: string,
  values: (number | null)[],
  text: (value: number | null, side: number) => string,
  isOpen = false,
): CompareRow {
  const wins = winners(values);
  const cells = values.map((value, side) => ({
    text: text(value, side),
    plain: value === null ? '' : String(value),
    wins: !isOpen && wins[side],
  }));
  return { id, name, note, cells };
}

/** Plain values of clocks are in seconds, as everywhere outside of the engine. */
function inSeconds(one: CompareRow): CompareRow {
  const plain = (text: string) => (text === '' ? '' : String(Number(text) / 1e6));
  return { ...one, cells: one.cells.map((cell) => ({ ...cell, plain: plain(cell.plain) })) };
}

const CONTROL: Record<RunReport['steering'], string> = {
  anycast: 'by network',
  geodns: 'by answer',
  hybrid: 'by region, then network',
};

/** Whom the last failure hit, for the heading. */
export function hurtText(sides: Side[], time: number): string {
  const index = hurtEvent(sides, time);
  if (index === null) return 'Nothing has failed yet.';
  const shares = sides.map(({ report }) =>
    percent(eventOf(report, index)?.hurt.demand ?? 0, report.demand),
  );
  return `Hurt: ${[...new Set(shares)].join(' and ')} of demand.`;
}
