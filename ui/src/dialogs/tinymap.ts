// Draws the small picture of a scenario: land, lines, clients, sites.

import { drawBase } from '../map/base';
import { Camera, DISC, EARTH, type Point } from '../map/camera';
import { shores } from '../map/land';
import { colorOf, TOKENS } from '../map/theme';
import { shapePath, type Theme } from '../model/palette';
import type { Tiny } from './tiny';

/** In CSS px; the canvas has twice as many. */
export const WIDE = 220;
export const HIGH = 104;
export const RATIO = 2;

const bases = new Map<string, HTMLCanvasElement>();

/** Land is the same in all of them: drawn once for each theme. */
function base(isMap: boolean, camera: Camera, theme: Theme): HTMLCanvasElement {
  const key = `${theme} ${isMap}`;
  let canvas = bases.get(key);
  if (!canvas) {
    canvas = document.createElement('canvas');
    canvas.width = WIDE * RATIO;
    canvas.height = HIGH * RATIO;
    const context = canvas.getContext('2d')!;
    drawBase(context, camera, isMap ? EARTH : DISC, shores(), theme, RATIO);
    bases.set(key, canvas);
  }
  return canvas;
}

export function drawTiny(canvas: HTMLCanvasElement, tiny: Tiny | null, theme: Theme): void {
  const isMap = tiny?.isMap ?? true;
  const chart = isMap ? EARTH : DISC;
  const camera = new Camera(WIDE, HIGH, chart, undefined);
  const context = canvas.getContext('2d')!;
  const tokens = TOKENS[theme];
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(base(isMap, camera, theme), 0, 0);
  if (!tiny) return;
  const on = (at: Point) => camera.toScreen(chart.project(at));
  const pixel = () => context.setTransform(RATIO, 0, 0, RATIO, 0, 0);
  for (const { at, site } of tiny.clients) {
    const to = tiny.sites[site];
    if (!to) continue;
    const [x, y] = [RATIO * camera.offsetX, RATIO * camera.offsetY];
    context.setTransform(RATIO * camera.scale, 0, 0, RATIO * camera.scale, x, y);
    context.strokeStyle = colorOf(to.mark, theme);
    context.lineWidth = 0.8 / camera.scale;
    context.stroke(new Path2D(chart.arc(at, to.at)));
  }
  pixel();
  for (const { at, site } of tiny.clients) {
    const [x, y] = on(at);
    const mark = tiny.sites[site]?.mark;
    context.beginPath();
    context.arc(x, y, 2.1, 0, 2 * Math.PI);
    context.fillStyle = mark ? colorOf(mark, theme) : tokens.sea;
    context.fill();
    context.lineWidth = 0.7;
    context.strokeStyle = mark ? tokens.ink : tokens.bad;
    context.stroke();
  }
  for (const { at, mark } of tiny.sites) {
    const [x, y] = on(at);
    context.translate(x, y);
    const shape = new Path2D(shapePath(mark.shape, tiny.sites.length > 24 ? 2.2 : 3.6));
    context.lineWidth = 2;
    context.strokeStyle = tokens.sea;
    context.stroke(shape);
    context.fillStyle = colorOf(mark, theme);
    context.fill(shape);
    context.translate(-x, -y);
  }
}
