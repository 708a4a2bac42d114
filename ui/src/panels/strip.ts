// The cards above the map: what they show, and what each number means. Pure.

import type { EventInfo, RunReport, RunResult } from '../engine/api';
import { clock as clockText, number, percent, seconds } from '../model/format';
import { clockAt, clockOf, peakUnserved, stillOpen, unservedSources } from '../model/recovery';
import type { Figure, Weighting } from '../model/series';
import type { Track } from '../model/track';
import { eventTitle, lost as lostText, sources } from './words';

export interface Card {
  id: Figure;
  label: string;
  /** What stands in large type. */
  value: string;
  /** The same without words and spaces, times in seconds, for tests and copying; empty if there is none. */
  plain: string;
  /** What stands beside it in small type. */
  side: string;
  tone: '' | 'bad' | 'warn';
  definition: string;
  unit: string;
  source: string;
  /** What the parts are. */
  caption: string;
  /** Parts that it is made of. */
  parts: { name: string; text: string }[];
  /** What one unit of it is; null where there is no choice. */
  weighting: Weighting | null;
}

/** What the command line prints, and what a card shows until somebody asks for the other. */
export const WEIGHTING: Partial<Record<Figure, Weighting>> = {
  path: 'count',
  unserved: 'demand',
  lost: 'demand',
};

/** Figures at other times, and in the other unit (`model/series`, which is loaded when asked for). */
export interface History {
  at(figure: Figure, weighting: Weighting, time: number): number | null;
  peak(figure: Figure, weighting: Weighting, from: number, to: number): number;
}

export interface StripState {
  result: RunResult;
  report: RunReport;
  track: Track;
  time: number;
  /** Sites that are healthy and announced now. */
  active: number;
  /** What was chosen in place of `WEIGHTING`; needs `history`. */
  chosen?: Partial<Record<Figure, Weighting>>;
  history?: History | null;
}

/** The other unit, if it was chosen and can be counted. */
function otherUnit(state: StripState | null, figure: Figure): History | null {
  const chosen = state?.chosen?.[figure];
  return chosen && chosen !== WEIGHTING[figure] ? (state?.history ?? null) : null;
}

const NONE = '–';

export function cards(state: StripState | null): Card[] {
  return [active(state), path(state), convergence(state), unserved(state), lost(state)];
}

function active(state: StripState | null): Card {
  const all = state?.result.sites.length ?? 0;
  const isAll = state !== null && state.active === all;
  return {
    id: 'active',
    label: 'Active PoPs',
    value: state ? `${number(state.active)} / ${number(all)}` : NONE,
    plain: state ? String(state.active) : '',
    side: '',
    tone: state === null || isAll ? '' : state.active === 0 ? 'bad' : 'warn',
    definition: 'PoPs that are healthy and announce the prefix now, of all PoPs.',
    unit: 'PoPs',
    source: 'The events of the scenario up to this time.',
    caption: '',
    parts: [],
    weighting: null,
  };
}

function path(state: StripState | null): Card {
  const isDns = state?.report.steering === 'geodns';
  const byDemand = isDns ? null : otherUnit(state, 'path');
  const event = state?.report.events[state.track.eventAt(state.time)];
  let mean = state && !isDns ? state.track.meanLength() : null;
  let before = event ? (state?.report.states[event.before]?.path_length_mean ?? null) : null;
  if (state && byDemand) {
    mean = byDemand.at('path', 'demand', state.time);
    before = event ? byDemand.at('path', 'demand', event.at_us - 1) : null;
  }
  let side = isDns ? 'DNS steers' : '';
  if (mean !== null && before !== null) {
    const delta = Number((mean - before).toFixed(2));
    if (delta > 0) side = `▲ ${number(delta)}`;
    if (delta < 0) side = `▼ ${number(-delta)}`;
  }
  if (byDemand) side = `by demand ${side}`.trim();
  return {
    id: 'path',
    label: 'Average AS path',
    value: mean === null ? NONE : mean.toFixed(2),
    plain: mean === null ? '' : String(mean),
    side,
    tone: '',
    definition:
      'Mean length of the AS path of all that have a route, prepends included. The arrow compares with the moment before the last event.',
    unit: byDemand
      ? 'ASes; every source counts with its demand'
      : `ASes; every ${state?.result.world.has_clients === false ? 'network' : 'client'} counts alike`,
    source: isDns
      ? 'Where DNS steers, each PoP has its own address and no path is chosen.'
      : 'The best routes at this time.',
    caption: '',
    parts: [],
    weighting: isDns ? null : byDemand ? 'demand' : 'count',
  };
}

function convergence(state: StripState | null): Card {
  const isDns = state?.report.steering === 'geodns';
  const event = state?.report.events[state.track.eventAt(state.time)];
  const clock =
    state && event ? clockAt(state.report.events, event.at_us, state.time, isDns) : null;
  const card: Card = {
    id: 'convergence',
    label: isDns ? 'Last recovery' : 'Last convergence',
    value: NONE,
    plain: '',
    side: state ? 'no event yet' : '',
    tone: '',
    definition: isDns
      ? 'From the last event until all who lost service had it again: noticed by the health check, then out of every cache.'
      : 'From the last event to the last change of a best route anywhere.',
    unit: 'seconds of simulated time',
    source: 'The last event up to this time.',
    caption: '',
    parts: [],
    weighting: null,
  };
  if (!state || !event || !clock) return card;
  const together = state.report.events.filter((other) => other.at_us === event.at_us);
  const titles = together.map((other) => eventTitle(state.result, other));
  card.side = titles.length === 1 ? titles[0] : `${titles.length} events at once`;
  card.source =
    titles.length === 1
      ? `The event at ${clockText(event.at_us)}: ${titles[0]}.`
      : `The slowest of ${titles.length} events at ${clockText(event.at_us)}: ${titles.join('; ')}.`;
  if (clock.kind === 'none') card.side = isDns ? 'nobody lost service' : 'no route changed';
  if (clock.kind === 'never') {
    card.value = 'never';
    card.plain = 'never';
    card.tone = 'bad';
  }
  if (clock.kind === 'running') {
    card.label = isDns ? 'Recovering' : 'Converging';
    card.value = `${running(clock.us)}…`;
    card.plain = String(clock.us / 1e6);
    card.tone = 'warn';
  }
  if (clock.kind === 'done') {
    card.value = seconds(clock.us);
    card.plain = String(clock.us / 1e6);
  }
  const open = stillOpen(state.report.events, event.at_us, state.time, isDns);
  if (open.length > 0)
    return { ...card, ...overlapping(state, [...open, ...together], open, card) };
  const lasted = (one: EventInfo) => (isDns ? one.all_us : one.converged_us) ?? -1;
  const { stages } = together.reduce((a, b) => (lasted(b) > lasted(a) ? b : a));
  if (stages) {
    const mean = (us: number) => seconds(Math.round(us));
    card.caption = 'Mean until those who lost service had it again, by demand';
    card.parts = [
      { name: 'Detection', text: mean(stages.detection_us) },
      { name: 'Propagation', text: mean(stages.propagation_us) },
      { name: 'MRAI', text: mean(stages.mrai_us) },
      { name: 'FIB', text: mean(stages.fib_us) },
      { name: 'Clients', text: mean(stages.client_us) },
    ];
  }
  return card;
}

/**
 * What changes on the card of the last event while earlier ones are not over. Routes settle anew
 * with each event; but who waits for DNS waits for the failure that hit them, so that there the card
 * speaks of the one that has lasted longest.
 */
function overlapping(
  { result, report, time }: StripState,
  events: EventInfo[],
  open: EventInfo[],
  card: Card,
): Partial<Card> {
  const isDns = report.steering === 'geodns';
  const parts = events.map((event) => {
    const clock = clockOf(event, time, isDns);
    const texts = {
      none: isDns ? 'nobody lost service' : 'no route changed',
      never: 'never',
      running: 'us' in clock ? `${running(clock.us)} so far` : '',
      done: 'us' in clock ? seconds(clock.us) : '',
    };
    return { name: eventTitle(result, event), text: texts[clock.kind] };
  });
  const all = stillOpen(events, Infinity, time, isDns);
  const caption = 'Events that overlap';
  const others = `${open.length} earlier not over`;
  if (!isDns) return { parts, caption, side: `${card.side} · ${others}` };
  const [longest] = open;
  const rest = all.length - 1;
  return {
    parts,
    caption,
    label: 'Recovering',
    definition:
      'From the oldest event that is not over; it is, once all who lost service have it again: noticed by the health check, then out of every cache.',
    value: `${running(time - longest.at_us)}…`,
    plain: String((time - longest.at_us) / 1e6),
    tone: 'warn',
    side: eventTitle(result, longest) + (rest > 0 ? ` · ${rest} more not over` : ''),
    source: `Several events that overlap: ${parts.map(({ name, text }) => `${name}, ${text}`).join('; ')}.`,
  };
}

/** A clock that runs: digits that nobody can read are left out. */
function running(us: number): string {
  const step = us < 1e6 ? 1e4 : 1e5;
  return seconds(Math.floor(us / step) * step);
}

function unserved(state: StripState | null): Card {
  const card: Card = {
    id: 'unserved',
    label: 'Without service',
    value: NONE,
    plain: '',
    side: '',
    tone: '',
    definition:
      'Share of demand whose packets reach no PoP that answers: no route, a dead PoP, a dead link or a loop.',
    unit: 'percent of demand',
    source: 'The forwarding tables at this time, followed hop by hop.',
    caption: '',
    parts: [],
    weighting: 'demand',
  };
  if (!state) return card;
  const { result, report, track, time } = state;
  const event = report.events[track.eventAt(time)];
  const who = unservedSources(track);
  const byCount = otherUnit(state, 'unserved');
  let [now, whole] = [track.unserved(time), report.demand];
  let peak = event ? peakUnserved(track, event.at_us, time) : 0;
  if (byCount) {
    [now, whole] = [who, track.sources.length];
    peak = event ? byCount.peak('unserved', 'count', event.at_us, time) : 0;
    card.weighting = 'count';
    card.definition =
      'Share of those who send whose packets, all or a part of them, reach no PoP that answers: no route, a dead PoP, a dead link or a loop.';
    card.unit = `percent of ${sources(result, whole)}, each alike`;
  }
  // Whom an overloaded PoP turns away has a route, and is no part of the share.
  const full = result.sites.filter((_, site) => track.load(site, time).loss >= 0.0005).length;
  card.value = percent(now, whole);
  card.plain = String(now);
  card.tone = now > 0 ? 'bad' : full > 0 ? 'warn' : '';
  card.side = [
    who > 0 ? sources(result, who) : '',
    peak > 0 ? `peak ${percent(peak, whole)}` : '',
    full > 0 ? `▲ ${full} ${full === 1 ? 'PoP drops' : 'PoPs drop'} queries` : '',
  ]
    .filter(Boolean)
    .join(' · ');
  return card;
}

function lost(state: StripState | null): Card {
  const card: Card = {
    id: 'lost',
    label: 'Lost',
    value: NONE,
    plain: '',
    side: '',
    tone: '',
    definition:
      'Demand times the seconds that it was without service, summed from the start to this time. What an overloaded PoP drops is not in it.',
    unit: '',
    source: 'The sum of “without service” over time.',
    caption: '',
    parts: [],
    weighting: 'demand',
  };
  if (!state) return card;
  const byCount = otherUnit(state, 'lost');
  let amount = state.track.lost(state.time);
  if (byCount) {
    amount = byCount.at('lost', 'count', state.time) ?? 0;
    card.weighting = 'count';
    card.side = countUnit(state.result);
    card.unit = `${card.side}; each counts alike, as soon as a part of its packets is lost`;
    card.definition =
      'Seconds without service, added up over all who send, from the start to this time.';
    card.value = number(amount);
  } else {
    [card.value, card.side] = lostText(state.result, state.report, amount);
    card.unit = state.result.world.has_clients
      ? 'thousand queries (kq/s × s)'
      : 'the time in which all demand together would have lost as much; every network counts with its weight';
  }
  card.plain = String(amount);
  card.tone = amount > 0 ? 'warn' : '';
  return card;
}

/** What time without service comes to, if everybody counts alike. */
export function countUnit(result: RunResult): string {
  return result.world.has_clients ? 'client seconds' : 'network seconds';
}
