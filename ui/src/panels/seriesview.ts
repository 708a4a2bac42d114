// How the curve of a figure is drawn and written. Pure.

import type { RunResult } from '../engine/api';
import { number, percent, seconds } from '../model/format';
import { valueAt, type Curve, type Figure, type Weighting } from '../model/series';
import { countUnit } from './strip';

export interface SeriesView {
  /** From the figure to what is drawn: µs become seconds, demand becomes percent. */
  factor: number;
  /** The value in words. */
  text(value: number | null): string;
  /** A label of the axis, from what is drawn. */
  tick(drawn: number): string;
  /** Between which values the picture lies. */
  range(drawn: number[]): [number, number];
  /** Whether the area down to zero means something. */
  isFilled: boolean;
  /** Steps of the axis, where only some make sense. */
  increments?: number[];
  /** Head of the column in a table, and of the CSV. */
  column: string;
  csv: string;
}

const NONE = '–';
const largest = (values: number[]) => values.reduce((most, value) => Math.max(most, value), 0);
/** From zero; a line at the top edge would look cut off. */
const fromZero = (least: number) => (values: number[]) =>
  [0, Math.max(least, 1.08 * largest(values))] as [number, number];

/** `whole` is all demand, or the number of all sources. */
export function viewOf(
  result: RunResult,
  figure: Figure,
  weighting: Weighting,
  whole: number,
): SeriesView {
  const written = (text: (value: number) => string) => (value: number | null) =>
    value === null ? NONE : text(value);
  switch (figure) {
    case 'active':
      return {
        factor: 1,
        text: written((value) => `${number(value)} of ${number(result.sites.length)}`),
        tick: number,
        range: fromZero(1.08 * result.sites.length || 1),
        isFilled: true,
        increments: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000],
        column: 'Active PoPs',
        csv: 'active_sites',
      };
    case 'path':
      return {
        factor: 1,
        text: written((value) => value.toFixed(2)),
        tick: number,
        range: around,
        isFilled: false,
        column: weighting === 'demand' ? 'AS path, by demand' : 'AS path',
        csv: weighting === 'demand' ? 'path_length_by_demand' : 'path_length_mean',
      };
    case 'convergence': {
      const isDns = result.runs[0]?.steering === 'geodns';
      return {
        factor: 1e-6,
        text: written(seconds),
        tick: (value) => (value < 1 ? `${number(1e3 * value)}\u202fms` : `${number(value)}\u202fs`),
        range: fromZero(0.001),
        isFilled: false,
        column: isDns ? 'Recovering for' : 'Converging for',
        csv: 'clock_us',
      };
    }
    case 'unserved':
      return {
        factor: whole > 0 ? 100 / whole : 0,
        text: written((value) => percent(value, whole)),
        tick: (value) => `${number(value)}\u202f%`,
        // A ripple should not look like an outage.
        range: fromZero(1),
        isFilled: true,
        column: weighting === 'count' ? 'Without service' : 'Demand without service',
        csv: weighting === 'count' ? 'unserved_sources' : 'unserved_demand',
      };
    case 'lost': {
      // In worlds without units it is the time in which all demand would have lost as much.
      const isShare = weighting === 'demand' && !result.world.has_clients;
      const unit =
        weighting === 'count' ? countUnit(result) : isShare ? 's of all demand' : 'k queries';
      const factor = isShare && whole > 0 ? 1 / whole : 1;
      return {
        factor,
        text: written((value) => `${number(factor * value)}\u202f${unit}`),
        tick: brief,
        range: fromZero(1e-3),
        isFilled: true,
        column: `Lost, ${unit}`,
        csv: weighting === 'count' ? 'lost_source_seconds' : 'lost',
      };
    }
  }
}

/** Means differ by hundredths: what lies far below them would press them flat. */
function around(values: number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const high = largest(values);
  const low = values.reduce((least, value) => Math.min(least, value), high);
  const room = Math.max(0.05, 0.12 * (high - low));
  return [Math.max(0, low - room), high + room];
}

/** Room for four digits and a letter. */
function brief(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${number(value / 1e9)}\u202fG`;
  if (size >= 1e6) return `${number(value / 1e6)}\u202fM`;
  if (size >= 1e4) return `${number(value / 1e3)}\u202fk`;
  return number(value);
}

/** All instants at which one of the curves changes, ascending. */
export function changeTimes(curves: readonly Curve[]): number[] {
  return [...new Set(curves.flatMap((curve) => [...curve.at]))].sort((a, b) => a - b);
}

/** Seconds with every µs that tells something: rows of a table lie close together. */
export function exactTime(us: number): string {
  return `${(us / 1e6).toFixed(6).replace(/\.?0+$/, '')}\u202fs`;
}

/** The curves as CSV, every change of them; empty is "there is none". */
export function seriesCsv(curves: readonly Curve[], columns: readonly string[]): string {
  const rows = changeTimes(curves).map((time) =>
    [(time / 1e6).toFixed(6), ...curves.map((curve) => valueAt(curve, time) ?? '')].join(','),
  );
  return `${[['time_s', ...columns].join(','), ...rows].join('\n')}\n`;
}
