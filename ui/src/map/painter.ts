// Draws the three canvases, at most once for each frame of the screen: several changes in a row
// cost one picture, and what has not changed is not drawn again.

import type { Theme } from '../model/palette';
import { drawBase } from './base';
import { FrameBudget } from './budget';
import type { Shores } from './land';
import { LineLayer, type LineScene } from './lines';
import { PointLayer, RATIO_MAX, type PointScene } from './points';

export interface Scene {
  points: PointScene;
  lines: LineScene;
  shores: Shores;
  theme: Theme;
}

interface Canvases {
  base: HTMLCanvasElement;
  points: HTMLCanvasElement;
  lines: HTMLCanvasElement;
}

/** Drift is as smooth at half the rate, and leaves the processor alone. */
const DRIFT_FRAME_MS = 30;

export class Painter {
  readonly budget = new FrameBudget();
  private readonly pointLayer = new PointLayer();
  private readonly lineLayer = new LineLayer();
  private readonly old = { base: true, points: true, lines: true };
  private requested = 0;
  private linesDrawn = 0;

  constructor(
    private readonly canvases: () => Canvases | null,
    private readonly scene: () => Scene,
    private readonly onreduced: () => void,
  ) {}

  /** One of the pictures is out of date. */
  refresh(...which: (keyof Canvases)[]): void {
    for (const name of which) this.old[name] = true;
    if (this.requested === 0) this.requested = requestAnimationFrame((now) => this.draw(now));
  }

  stop(): void {
    cancelAnimationFrame(this.requested);
    this.requested = 0;
  }

  private draw(now: number): void {
    this.requested = 0;
    const canvases = this.canvases();
    const { points, lines, shores, theme } = this.scene();
    const { width, height } = points.camera;
    if (!canvases || width === 0 || height === 0) return;
    if (this.budget.frame(now)) this.onreduced();
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    // Sharp where it stands still, cheaper where it moves.
    const movingRatio = Math.min(RATIO_MAX, ratio);
    if (this.old.base) {
      fit(canvases.base, width, height, ratio);
      const context = canvases.base.getContext('2d')!;
      drawBase(context, points.camera, lines.chart, shores, theme, ratio);
    }
    if (this.old.points) {
      fit(canvases.points, width, height, movingRatio);
      this.pointLayer.draw(canvases.points, points, movingRatio);
    }
    const isDue =
      this.old.lines || this.lineLayer.isBusy(now) || now - this.linesDrawn >= DRIFT_FRAME_MS;
    if (isDue) {
      fit(canvases.lines, width, height, movingRatio);
      this.lineLayer.draw(canvases.lines.getContext('2d')!, lines, now, movingRatio);
      this.linesDrawn = now;
      this.old.lines = false;
    }
    this.old.base = this.old.points = false;
    if (this.lineLayer.isMoving(lines, now)) this.refresh();
  }
}

function fit(canvas: HTMLCanvasElement, width: number, height: number, ratio: number): void {
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width === wide && canvas.height === high) return;
  canvas.width = wide;
  canvas.height = high;
}
