// Where a time stands on the timeline, and back. A failure that is over in 0.1 s and a quiet ten
// minutes stand on one axis, so "fit" gives each stretch the width that it gets of the playing
// time, and "log" spreads what follows each event. Pure: widths are arguments.

import { offset, seconds } from '../model/format';
import type { Pace } from '../model/pace';

export type AxisKind = 'fit' | 'linear' | 'log';
export const AXES: readonly { kind: AxisKind; label: string }[] = [
  { kind: 'fit', label: 'Fit' },
  { kind: 'linear', label: 'Linear' },
  { kind: 'log', label: 'Log' },
];

/** Of the axis, what comes before the first event; the rest is shared by events. */
const LEAD = 0.06;
/** Where the logarithm turns linear, in µs after an event. */
const KNEE_US = 1e3;
const TICK_PX = 64;

/** A stretch of the axis; `x` runs from 0 to 1 over all of them. */
interface Piece {
  from: number;
  to: number;
  x0: number;
  x1: number;
  /** The event that its labels count from. */
  origin: number;
  isLog: boolean;
}

export interface Tick {
  x: number;
  text: string;
}

export class Axis {
  readonly end: number;
  private readonly pieces: Piece[];

  constructor(kind: AxisKind, pace: Pace, starts: readonly number[]) {
    this.end = pace.end;
    if (this.end === 0) this.pieces = [];
    else if (kind === 'linear') this.pieces = stretch([{ from: 0, to: this.end, weight: 1 }], []);
    else if (kind === 'fit') {
      const parts = pace.segments.map(({ from, to, rate }) => ({
        from,
        to,
        weight: (to - from) / rate,
      }));
      this.pieces = stretch(parts, starts);
    } else this.pieces = logPieces(starts, this.end);
  }

  toX(time: number): number {
    const piece = this.pieces.find((one) => time <= one.to) ?? this.pieces.at(-1);
    if (!piece) return 0;
    return piece.x0 + (piece.x1 - piece.x0) * Math.min(1, Math.max(0, share(piece, time)));
  }

  toTime(x: number): number {
    const piece = this.pieces.find((one) => x <= one.x1) ?? this.pieces.at(-1);
    if (!piece) return 0;
    const part = Math.min(1, Math.max(0, (x - piece.x0) / (piece.x1 - piece.x0)));
    return timeAt(piece, part);
  }

  /** Labels for a part of the axis, far enough apart to be read. */
  ticks(min: number, max: number, width: number): Tick[] {
    const found: Tick[] = [];
    const pixels = width / (max - min);
    for (const piece of this.pieces) {
      if (piece.x1 < min || piece.x0 > max) continue;
      const room = Math.floor(((piece.x1 - piece.x0) * pixels) / TICK_PX);
      for (const time of piece.isLog ? decades(piece) : round(piece, room)) {
        const x = this.toX(time);
        const last = found.at(-1);
        if (x < min || x > max || (last && (x - last.x) * pixels < TICK_PX * 0.8)) continue;
        const after = time - piece.origin;
        found.push({ x, text: piece.origin > 0 && after > 0 ? offset(after) : seconds(after) });
      }
    }
    return found;
  }
}

function share(piece: Piece, time: number): number {
  const { from, to } = piece;
  if (!piece.isLog) return to > from ? (time - from) / (to - from) : 0;
  return Math.log1p((time - from) / KNEE_US) / Math.log1p((to - from) / KNEE_US);
}

function timeAt(piece: Piece, part: number): number {
  const { from, to } = piece;
  if (!piece.isLog) return from + (to - from) * part;
  return from + KNEE_US * Math.expm1(part * Math.log1p((to - from) / KNEE_US));
}

function stretch(parts: { from: number; to: number; weight: number }[], starts: readonly number[]) {
  const all = parts.reduce((sum, part) => sum + part.weight, 0);
  let x = 0;
  return parts.map(({ from, to, weight }): Piece => {
    const x0 = x;
    x += weight / all;
    const origin = starts.findLast((start) => start <= from) ?? 0;
    return { from, to, x0, x1: x, origin, isLog: false };
  });
}

function logPieces(starts: readonly number[], end: number): Piece[] {
  const edges = [...starts.filter((start) => start < end), end];
  const lead = edges[0] > 0 ? LEAD : 0;
  const each = edges.length > 1 ? (1 - lead) / (edges.length - 1) : 0;
  const first: Piece = {
    from: 0,
    to: edges[0],
    x0: 0,
    x1: each === 0 ? 1 : lead,
    origin: 0,
    isLog: false,
  };
  const rest = edges.slice(0, -1).map((from, place): Piece => {
    const x0 = lead + place * each;
    return { from, to: edges[place + 1], x0, x1: x0 + each, origin: from, isLog: true };
  });
  return edges[0] > 0 ? [first, ...rest] : rest;
}

/** Round times inside a stretch, counted from its event. */
function round({ from, to, origin }: Piece, room: number): number[] {
  const first = from === origin ? [from] : [];
  if (room < 2) return first;
  const step = roundStep((to - from) / room);
  const times: number[] = [];
  for (let at = Math.ceil((from - origin) / step) * step + origin; at < to; at += step)
    times.push(at);
  return times;
}

function decades({ from, to }: Piece): number[] {
  const times = [from];
  for (let after = KNEE_US; from + after < to; after *= 10) times.push(from + after);
  return times;
}

const MINUTE = 6e7;

function roundStep(least: number): number {
  const minutes = [1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440].map((count) => count * MINUTE);
  if (least > MINUTE / 2)
    return minutes.find((step) => step >= least) ?? Math.ceil(least / 8.64e10) * 8.64e10;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= least)!;
  return least > 2e7 ? 3e7 : step;
}
