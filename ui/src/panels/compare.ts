// The same events, steered in two ways, as a table. Pure.

import type { EventInfo, RunReport, RunResult } from '../engine/api';
import { millis, number, percent, secondsOrNever } from '../model/format';
import { staleSources } from '../model/recovery';
import type { Track } from '../model/track';
import { lostUnit, sources } from './words';

export interface Side {
  report: RunReport;
  track: Track;
}

export interface CompareRow {
  name: string;
  note: string;
  cells: { text: string; wins: boolean }[];
}

/** The last event up to a time that cut anybody off, in any of the runs; -1 if there is none. */
export function hurtEvent(sides: Side[], time: number): number {
  let last = -1;
  for (const { report } of sides) {
    report.events.forEach((event, place) => {
      if (event.at_us <= time && event.hurt.sources > 0) last = Math.max(last, place);
    });
  }
  return last;
}

/** Which of the values is best: the lowest, if not all are equal; null is never. */
export function winners(values: (number | null)[]): boolean[] {
  const size = (value: number | null) => value ?? Infinity;
  const least = Math.min(...values.map(size));
  const isTie = values.every((value) => size(value) === least);
  return values.map((value) => !isTie && size(value) === least);
}

export function compareRows(result: RunResult, sides: Side[], time: number): CompareRow[] {
  const place = hurtEvent(sides, time);
  const events = sides.map(({ report }): EventInfo | null => report.events[place] ?? null);
  const row = (
    name: string,
    note: string,
    values: (number | null)[],
    text: (value: number | null, side: number) => string,
  ): CompareRow => {
    const wins = winners(values);
    return {
      name,
      note,
      cells: values.map((value, side) => ({ text: text(value, side), wins: wins[side] })),
    };
  };
  const clock = (name: string, note: string, pick: (event: EventInfo) => number | null) =>
    row(
      name,
      note,
      events.map((event) => (event && event.hurt.sources > 0 ? pick(event) : 0)),
      (value, side) => {
        if (place < 0) return '–';
        return events[side]?.hurt.sources === 0 ? 'nobody hurt' : secondsOrNever(value);
      },
    );
  const stale = sides.map(({ track }) => staleSources(track));
  return [
    row(
      'On a dead PoP now',
      'Whose packets go to a PoP that does not answer',
      stale,
      (value, side) =>
        result.world.has_clients
          ? `${value} / ${sides[side].report.sources}`
          : sources(result, value ?? 0),
    ),
    clock('Half recovered', 'Since the last event that cut anybody off', (event) => event.half_us),
    clock('All recovered', 'Since the last event that cut anybody off', (event) => event.all_us),
    row(
      'Queries lost',
      `Up to now, in ${lostUnit(result)}`,
      sides.map(({ track }) => track.lost(time)),
      (value) => number(value ?? 0),
    ),
    row(
      'Flows broken',
      'By the events up to now',
      sides.map(({ report }) =>
        report.events
          .filter((one) => one.at_us <= time)
          .reduce((sum, one) => sum + one.broken_needed + one.broken_unneeded, 0),
      ),
      (value) => number(value ?? 0),
    ),
    row(
      'Median RTT at the start',
      'Half of the demand stays below',
      sides.map(({ report }) => report.rtt_before_ms),
      (value) => millis(value),
    ),
    row(
      'Median RTT at the end',
      'Half of the demand stays below',
      sides.map(({ report }) => report.rtt_after_ms),
      (value) => millis(value),
    ),
    {
      name: 'Load control',
      note: 'What an operator can move: whole networks with announcements, or each DNS answer',
      cells: sides.map(({ report }) => ({ text: CONTROL[report.steering] ?? '', wins: false })),
    },
  ];
}

const CONTROL: Record<string, string> = {
  anycast: 'by network',
  geodns: 'by answer',
  hybrid: 'by region, then network',
};

/** The share of a run's demand that a site outage hit, for the heading. */
export function hurtText(sides: Side[], time: number): string {
  const place = hurtEvent(sides, time);
  if (place < 0) return 'Nothing has failed yet.';
  const shares = sides.map(({ report }) => {
    const event = report.events[place];
    return event ? percent(event.hurt.demand, report.demand) : '–';
  });
  return `Hurt: ${[...new Set(shares)].join(' and ')} of demand.`;
}
