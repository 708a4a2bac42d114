// The lowest canvas: sea, graticule, land, borders. Drawn when the view, size or theme changes.

import { geoGraticule10 } from 'd3-geo';

import { planePath, type Camera, type Chart } from './camera';
import type { Shores } from './land';
import { TOKENS, withAlpha } from './theme';
import type { Theme } from '../model/palette';

let frame: { sphere: Path2D; graticule: Path2D } | undefined;
const paths = new WeakMap<Shores, { land: Path2D; borders: Path2D }>();

function framePaths(): { sphere: Path2D; graticule: Path2D } {
  frame ??= {
    sphere: new Path2D(planePath({ type: 'Sphere' }) ?? ''),
    graticule: new Path2D(planePath(geoGraticule10()) ?? ''),
  };
  return frame;
}

function pathsOf(shores: Shores): { land: Path2D; borders: Path2D } {
  let made = paths.get(shores);
  if (!made) {
    made = { land: new Path2D(shores.land), borders: new Path2D(shores.borders) };
    paths.set(shores, made);
  }
  return made;
}

/** What each theme does with the same shapes. */
const LOOK = {
  dark: { deep: '#0b1322', shelf: '#101b30', shore: 0.75, border: 0.42, graticule: 0.32 },
  light: { deep: '#e4ebf5', shelf: '#f1f5fb', shore: 0.95, border: 0.55, graticule: 0.7 },
};

export function drawBase(
  context: CanvasRenderingContext2D,
  camera: Camera,
  chart: Chart,
  shores: Shores,
  theme: Theme,
  ratio: number,
): void {
  const tokens = TOKENS[theme];
  const look = LOOK[theme];
  const { width, height, scale } = camera;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = chart.isMap ? look.deep : tokens.sea;
  context.fillRect(0, 0, width, height);
  context.setTransform(
    ratio * scale,
    0,
    0,
    ratio * scale,
    ratio * camera.offsetX,
    ratio * camera.offsetY,
  );
  if (!chart.isMap) {
    drawDisc(context, chart, theme, scale);
    return;
  }
  const { sphere, graticule } = framePaths();
  const { land, borders } = pathsOf(shores);
  const { left, right, bottom, top } = chart.box;
  const middle = (top + bottom) / 2;
  const shine = context.createRadialGradient(0, middle, 0, 0, middle, (right - left) * 0.56);
  shine.addColorStop(0, look.shelf);
  shine.addColorStop(0.6, tokens.sea);
  shine.addColorStop(1, look.deep);
  context.fillStyle = shine;
  context.fill(sphere);
  context.lineWidth = 0.6 / scale;
  context.strokeStyle = withAlpha(tokens.line, look.graticule);
  context.stroke(graticule);
  // A soft shelf around the coast lifts the land off the sea.
  context.lineJoin = 'round';
  for (const [wide, alpha] of theme === 'dark'
    ? [
        [7, 0.1],
        [3.5, 0.16],
      ]
    : [
        [7, 0.2],
        [3.5, 0.3],
      ]) {
    context.lineWidth = wide / scale;
    context.strokeStyle = withAlpha(tokens.border, alpha);
    context.stroke(land);
  }
  context.fillStyle = tokens.land;
  context.fill(land);
  context.lineWidth = 0.5 / scale;
  context.strokeStyle = withAlpha(tokens.border, look.border);
  context.stroke(borders);
  context.lineWidth = 0.7 / scale;
  context.strokeStyle = withAlpha(tokens.border, look.shore);
  context.stroke(land);
}

/** Rings instead of land: this world says who is connected, not where. */
function drawDisc(
  context: CanvasRenderingContext2D,
  chart: Chart,
  theme: Theme,
  scale: number,
): void {
  const tokens = TOKENS[theme];
  context.lineWidth = 0.8 / scale;
  context.strokeStyle = withAlpha(tokens.line, 0.8);
  for (const part of [0.25, 0.5, 0.75, 1]) {
    context.beginPath();
    context.arc(0, 0, chart.box.right * part, 0, 2 * Math.PI);
    context.stroke();
  }
}
