// The middle canvas: all dots, written as 32-bit pixels into one image. 88 000 dots take about a
// millisecond this way, and fifty with a rectangle each.

import { fateSite, LOOPING, NO_ROUTE, NONE, STALE } from '../engine/columns';
import type { Mark, Theme } from '../model/palette';
import type { Track } from '../model/track';
import type { Camera } from './camera';
import type { Layer } from '../model/permalink';
import { colorOf, pixel, sequentialPixels, TOKENS } from './theme';

export interface PointScene {
  camera: Camera;
  /** Places of dots in the plane. */
  x: Float32Array;
  y: Float32Array;
  track: Track;
  /** Dots with the same fate in this run are dimmed. */
  against?: Track;
  marks: Mark[];
  layer: Layer;
  values: Float32Array | null;
  scale: { min: number; max: number };
  hidden: ReadonlySet<number>;
  hoveredSite: number | null;
  theme: Theme;
}

/** Above this the canvas gets slow, and a dot is no sharper. */
export const RATIO_MAX = 1.5;

const DIMMED = 46;
const DIMMED_HIDDEN = 22;

/** Pixels of a mark around its middle. */
interface Stamp {
  dx: Int8Array;
  dy: Int8Array;
  /** 255 inside, less at the edge of a round one. */
  alpha: Uint8Array;
  /** So small that many share a pixel. */
  isThin: boolean;
}

export class PointLayer {
  private image: ImageData | null = null;
  private pixels = new Uint32Array(0);

  draw(canvas: HTMLCanvasElement, scene: PointScene, ratio: number): void {
    const context = canvas.getContext('2d')!;
    const { width, height } = canvas;
    if (width === 0 || height === 0) return;
    if (scene.layer === 'grid') {
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      drawGrid(context, scene);
      return;
    }
    if (!this.image || this.image.width !== width || this.image.height !== height) {
      this.image = new ImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    } else {
      this.pixels.fill(0);
    }
    this.splat(scene, width, height, ratio);
    context.putImageData(this.image, 0, 0);
  }

  private splat(scene: PointScene, width: number, height: number, ratio: number): void {
    const { camera, x, y, track, theme, values } = scene;
    const size = dotSize(x.length, camera.view.k) * ratio;
    const round = disc(size);
    const small = disc(Math.max(1, size * 0.7));
    const scaleX = camera.scale * ratio;
    const [offsetX, offsetY] = [camera.offsetX * ratio, camera.offsetY * ratio];
    const colors = siteColors(scene);
    const tokens = TOKENS[theme];
    const router = pixel(tokens.border, 150);
    const { mainStream, fates } = track;
    const solid = { ...round, isThin: false };
    const ramp = scene.layer === 'catchment' ? null : sequentialPixels(theme);
    const span = scene.scale.max - scene.scale.min || 1;
    // What is not served goes on top: it is what one looks for.
    const late: number[] = [];
    for (let dot = 0; dot < x.length; dot += 1) {
      const px = Math.round(x[dot] * scaleX + offsetX);
      const py = Math.round(y[dot] * scaleX + offsetY);
      if (px < 0 || py < 0 || px >= width || py >= height) continue;
      const stream = mainStream[dot];
      if (ramp && values) {
        const value = values[dot];
        if (Number.isNaN(value)) {
          if (stream !== NONE) this.stamp(small, px, py, router, width, height);
          continue;
        }
        const step = Math.round(((value - scene.scale.min) / span) * 255);
        this.stamp(solid, px, py, ramp[Math.min(255, Math.max(0, step))], width, height);
        continue;
      }
      if (stream === NONE) {
        this.stamp(small, px, py, router, width, height);
        continue;
      }
      const fate = fates[stream];
      if (scene.against?.fate(dot) === fate) {
        const color = fate < STALE ? colors[fate] : router;
        this.stamp(
          small,
          px,
          py,
          ((color & 0xffffff) | (DIMMED_HIDDEN << 24)) >>> 0,
          width,
          height,
        );
      } else if (fate < STALE) this.stamp(round, px, py, colors[fate], width, height);
      else late.push(px, py, fate);
    }
    const big = Math.max(round.isThin ? 5 : 3, 2 * Math.round(size * 0.62) + 1);
    const plate = stampOf(big, () => 255);
    const marks = { noRoute: hollow(big), stale: cross(big), loop: plus(big) };
    const bad = pixel(tokens.bad);
    const warn = pixel(tokens.warn);
    const ground = pixel(tokens.sea);
    const none = pixel(tokens['no-route'], theme === 'dark' ? 225 : 255);
    const colorNow = (fate: number) =>
      fate === NO_ROUTE ? none : fate === LOOPING ? warn : staleColor(scene, fate, bad);
    // Shapes of 80 000 dots would fill a continent: where dots are thin, one in each cell has the
    // shape and the others a hatch, so that no colour is needed to tell them from what is served.
    const cell = round.isThin ? MARK_CELL * ratio : 0;
    const taken = new Set<number>();
    for (let place = 0; cell > 0 && place < late.length; place += 3) {
      const [px, py, fate] = [late[place], late[place + 1], late[place + 2]];
      const at = Math.floor(py / cell) * 65536 + Math.floor(px / cell);
      if (!taken.has(at)) {
        taken.add(at);
        continue;
      }
      const color = isHatched(fate, px, py, ratio) ? colorNow(fate) : ground;
      this.stamp(round, px, py, color, width, height);
      late[place] = -1;
    }
    for (let place = 0; place < late.length; place += 3) {
      const [px, py, fate] = [late[place], late[place + 1], late[place + 2]];
      if (px < 0) continue;
      const shape = fate === NO_ROUTE ? marks.noRoute : fate === LOOPING ? marks.loop : marks.stale;
      if (cell > 0) this.stamp(plate, px, py, ground, width, height);
      this.stamp(shape, px, py, colorNow(fate), width, height);
    }
  }

  private stamp(
    stamp: Stamp,
    px: number,
    py: number,
    color: number,
    width: number,
    height: number,
  ): void {
    const { dx, dy, alpha, isThin } = stamp;
    const { pixels } = this;
    for (let place = 0; place < dx.length; place += 1) {
      const x = px + dx[place];
      const y = py + dy[place];
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const at = y * width + x;
      const strength = alpha[place];
      if (strength === 255) pixels[at] = isThin ? denser(pixels[at], color) : color;
      else if (pixels[at] >>> 24 < strength) {
        pixels[at] = ((color & 0xffffff) | ((((color >>> 24) * strength) >> 8) << 24)) >>> 0;
      }
    }
  }
}

/** A lone dot is a little dimmer than many in one place: the middle of a city glows. */
const LONE = 0.62;
const STEP = 38;

function denser(there: number, color: number): number {
  const full = color >>> 24;
  const isSame = (there & 0xffffff) === (color & 0xffffff);
  const alpha = isSame && there !== 0 ? Math.min(full, (there >>> 24) + STEP) : full * LONE;
  return ((color & 0xffffff) | (alpha << 24)) >>> 0;
}

/** One shape in a square of this many CSS px stands for all thin dots there. */
const MARK_CELL = 13;
/** Distance of the stripes of a hatch in CSS px. */
const STRIPE = 5;

/**
 * Whether a pixel of dots that are not served lies on a stripe of their hatch: diagonal for stale,
 * upright for a loop. Without a route there is a grid of points.
 */
export function isHatched(fate: number, px: number, py: number, ratio: number): boolean {
  const x = Math.floor(px / ratio);
  const y = Math.floor(py / ratio);
  if (fate === NO_ROUTE) return x % 3 === 0 && y % 3 === 0;
  const along = fate === LOOPING ? x : x + y;
  return along % STRIPE < 2;
}

function staleColor(scene: PointScene, fate: number, bad: number): number {
  const site = fateSite(fate);
  if (scene.hidden.has(site)) return ((bad & 0xffffff) | (DIMMED << 24)) >>> 0;
  return bad;
}

/** One pixel for each site, dimmed where the legend or the pointer says so. */
function siteColors({ marks, theme, hidden, hoveredSite }: PointScene): Uint32Array {
  return Uint32Array.from(marks, (mark, site) => {
    if (hidden.has(site)) return pixel(TOKENS[theme].muted, DIMMED_HIDDEN);
    const dimmed = hoveredSite !== null && hoveredSite !== site;
    return pixel(colorOf(mark, theme), dimmed ? DIMMED : 255);
  });
}

/** Width of a dot in CSS px: the fewer there are and the closer one looks, the larger. */
function dotSize(dots: number, k: number): number {
  const base = dots > 40_000 ? 1 : dots > 8_000 ? 1.5 : dots > 1_000 ? 2.2 : 3;
  return Math.min(8, base * k ** 0.55);
}

function disc(diameter: number): Stamp {
  const size = Math.max(1, Math.round(diameter));
  if (size <= 2) return { ...stampOf(size, () => 255), isThin: true };
  const middle = (size - 1) / 2;
  const radius = diameter / 2;
  return stampOf(size, (column, row) => {
    const edge = radius + 0.5 - Math.hypot(column - middle, row - middle);
    return Math.round(255 * Math.min(1, Math.max(0, edge)));
  });
}

function hollow(size: number): Stamp {
  const last = size - 1;
  return stampOf(size, (column, row) =>
    column === 0 || row === 0 || column === last || row === last ? 255 : 0,
  );
}

function cross(size: number): Stamp {
  return stampOf(size, (column, row) => (column === row || column + row === size - 1 ? 255 : 0));
}

function plus(size: number): Stamp {
  const middle = (size - 1) / 2;
  return stampOf(size, (column, row) => (column === middle || row === middle ? 255 : 0));
}

function stampOf(size: number, strength: (column: number, row: number) => number): Stamp {
  const [dx, dy, alpha]: number[][] = [[], [], []];
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const value = strength(column, row);
      if (value === 0) continue;
      dx.push(column - (size >> 1));
      dy.push(row - (size >> 1));
      alpha.push(value);
    }
  }
  return {
    dx: Int8Array.from(dx),
    dy: Int8Array.from(dy),
    alpha: Uint8Array.from(alpha),
    isThin: false,
  };
}

/** Width of a cell of the grid in CSS px. */
const CELL = 22;

/** Pies instead of dots: size is the number of dots, slices are sites. Readable in print. */
function drawGrid(context: CanvasRenderingContext2D, scene: PointScene): void {
  const { camera, x, y, track, marks, theme, hidden, hoveredSite } = scene;
  const unit = CELL / (camera.homeScale * 2 ** Math.floor(Math.log2(camera.view.k)));
  const cells = new Map<number, Map<number, number>>();
  const { mainStream, fates } = track;
  for (let dot = 0; dot < x.length; dot += 1) {
    const stream = mainStream[dot];
    if (stream === NONE) continue;
    const cell = (Math.floor(y[dot] / unit) + 5000) * 10000 + Math.floor(x[dot] / unit) + 5000;
    let counts = cells.get(cell);
    if (!counts) cells.set(cell, (counts = new Map()));
    const fate = fates[stream];
    const kind = fate < STALE || fate === LOOPING || fate === NO_ROUTE ? fate : STALE;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const tokens = TOKENS[theme];
  let most = 1;
  for (const counts of cells.values()) most = Math.max(most, total(counts));
  for (const [cell, counts] of cells) {
    const column = (cell % 10000) - 5000 + 0.5;
    const row = Math.floor(cell / 10000) - 5000 + 0.5;
    const [px, py] = camera.toScreen([column * unit, row * unit]);
    const all = total(counts);
    const radius = unit * camera.scale * 0.5 * Math.max(0.16, Math.sqrt(all / most) ** 0.8);
    let angle = -Math.PI / 2;
    for (const [fate, count] of [...counts].sort((a, b) => a[0] - b[0])) {
      const next = angle + (count / all) * 2 * Math.PI;
      const dimmed = hidden.has(fate) || (hoveredSite !== null && hoveredSite !== fate);
      context.globalAlpha = dimmed ? 0.15 : 0.92;
      context.fillStyle =
        fate < STALE
          ? colorOf(marks[fate], theme)
          : fate === NO_ROUTE
            ? tokens['no-route']
            : fate === LOOPING
              ? tokens.warn
              : tokens.bad;
      context.beginPath();
      context.moveTo(px, py);
      context.arc(px, py, radius, angle, next);
      context.fill();
      if (fate >= STALE) hatchSlice(context, fate, tokens.sea, px, py, radius);
      angle = next;
    }
  }
  context.globalAlpha = 1;
}

/** Stripes over a slice that is not served, at another slant for each kind of fate. */
function hatchSlice(
  context: CanvasRenderingContext2D,
  fate: number,
  color: string,
  px: number,
  py: number,
  radius: number,
): void {
  context.save();
  context.clip();
  context.strokeStyle = color;
  context.lineWidth = 1.2;
  const [dx, dy] =
    fate === NO_ROUTE ? [1, 0] : fate === LOOPING ? [0, 1] : [Math.SQRT1_2, Math.SQRT1_2];
  context.beginPath();
  for (let off = -radius; off <= radius; off += 3) {
    const [x, y] = [px - off * dy, py + off * dx];
    context.moveTo(x - radius * dx, y - radius * dy);
    context.lineTo(x + radius * dx, y + radius * dy);
  }
  context.stroke();
  context.restore();
}

function total(counts: Map<number, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
