// Watches how fast frames come, and says when to leave something out. Pure: times are arguments.

import type { Reduction } from './props';

const KEPT = 90;
/** Longer gaps are pauses, not slow frames. */
const PAUSE_MS = 700;
const SLOW_MS = 1000 / 20;
const PATIENCE_MS = 2000;

export class FrameBudget {
  private readonly gaps: number[] = [];
  private last = -Infinity;
  private slowSince = -1;
  level: Reduction = 0;

  /** Counts a frame. Returns whether the level has just risen. */
  frame(now: number): boolean {
    const gap = now - this.last;
    this.last = now;
    if (gap > PAUSE_MS || gap <= 0) {
      this.slowSince = -1;
      return false;
    }
    this.gaps.push(gap);
    if (this.gaps.length > KEPT) this.gaps.shift();
    if (this.recent() <= SLOW_MS) {
      this.slowSince = -1;
      return false;
    }
    if (this.slowSince < 0) this.slowSince = now;
    if (now - this.slowSince < PATIENCE_MS || this.level === 3) return false;
    this.level = (this.level + 1) as Reduction;
    this.slowSince = -1;
    return true;
  }

  /** The median of the last few gaps: one stutter is no reason. */
  private recent(): number {
    return median(this.gaps.slice(-12));
  }

  /** Median ms between the last frames; 0 if nothing moved yet. */
  medianMs(): number {
    return median(this.gaps);
  }

  restore(): void {
    this.level = 0;
    this.slowSince = -1;
    this.gaps.length = 0;
  }
}

function median(values: number[]): number {
  if (values.length === 0) return 0;
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
