// A picture as a list of paths and texts, so that PNG and SVG say the same: one list, drawn twice.

import { LABEL_FONT } from './text';

/** A path around a place, in px. */
export interface PathStroke {
  d: string;
  x: number;
  y: number;
  fill?: string;
  stroke?: string;
  width?: number;
  dash?: number[];
  /** Only what lies below `y`. */
  isHalf?: boolean;
}

export interface TextStroke {
  text: string;
  x: number;
  y: number;
  color: string;
  anchor?: 'start' | 'middle' | 'end';
  /** A colour around the letters, to keep them apart from what is below. */
  rim?: string;
}

export type Stroke = PathStroke | TextStroke;

/** Beyond any mark, in px. */
const HALF = 40;
const RIM_PX = 3.5;

export function drawStrokes(context: CanvasRenderingContext2D, strokes: Stroke[]): void {
  context.font = LABEL_FONT;
  context.lineJoin = 'round';
  context.lineCap = 'round';
  for (const stroke of strokes) {
    context.save();
    context.translate(stroke.x, stroke.y);
    if ('text' in stroke) drawText(context, stroke);
    else drawPath(context, stroke);
    context.restore();
  }
}

function drawText(context: CanvasRenderingContext2D, stroke: TextStroke): void {
  const { text, color, anchor = 'start', rim } = stroke;
  context.textAlign = anchor === 'middle' ? 'center' : anchor;
  if (rim) {
    context.lineWidth = RIM_PX;
    context.strokeStyle = rim;
    context.strokeText(text, 0, 0);
  }
  context.fillStyle = color;
  context.fillText(text, 0, 0);
}

function drawPath(context: CanvasRenderingContext2D, one: PathStroke): void {
  const path = new Path2D(one.d);
  if (one.isHalf) {
    context.beginPath();
    context.rect(-HALF, 0, 2 * HALF, HALF);
    context.clip();
  }
  if (one.fill) {
    context.fillStyle = one.fill;
    context.fill(path);
  }
  if (!one.stroke) return;
  context.strokeStyle = one.stroke;
  context.lineWidth = one.width ?? 1;
  context.setLineDash(one.dash ?? []);
  context.stroke(path);
}

/** The same as SVG. Pure: no DOM. */
export function svgOf(strokes: Stroke[]): string {
  return strokes.map((stroke) => ('text' in stroke ? textSvg(stroke) : pathSvg(stroke))).join('\n');
}

function textSvg({ text, x, y, color, anchor = 'start', rim }: TextStroke): string {
  const around = rim ? ` stroke="${rim}" stroke-width="${RIM_PX}" paint-order="stroke"` : '';
  const where = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  return `<text ${where} fill="${color}"${around}>${escaped(text)}</text>`;
}

function pathSvg({ d, x, y, fill, stroke, width = 1, dash, isHalf }: PathStroke): string {
  const dashes = dash ? ` stroke-dasharray="${dash.join(' ')}"` : '';
  const line = stroke ? ` stroke="${stroke}" stroke-width="${width}"${dashes}` : '';
  const look = `fill="${fill ?? 'none'}"${line} stroke-linejoin="round" stroke-linecap="round"`;
  if (!isHalf) return `<path transform="translate(${round(x)},${round(y)})" d="${d}" ${look}/>`;
  const size = `x="${round(x - HALF)}" y="${round(y)}" width="${2 * HALF}" height="${HALF}"`;
  return `<svg ${size} viewBox="${-HALF} 0 ${2 * HALF} ${HALF}"><path d="${d}" ${look}/></svg>`;
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

export function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
