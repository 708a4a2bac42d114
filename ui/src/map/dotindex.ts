// Finds dots near a point or in a rectangle: a grid of buckets, filled by counting. Pure: no DOM.

import type { Point } from './camera';

export class DotIndex {
  private readonly x: Float32Array;
  private readonly y: Float32Array;
  private readonly left: number = 0;
  private readonly top: number = 0;
  private readonly cell: number = 1;
  private readonly columns: number = 1;
  private readonly rows: number = 1;
  /** Dots of bucket b are `dots[first[b]]` up to `dots[first[b + 1]]`. */
  private readonly first: Uint32Array;
  private readonly dots: Uint32Array;

  constructor(x: Float32Array, y: Float32Array) {
    this.x = x;
    this.y = y;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let dot = 0; dot < x.length; dot += 1) {
      left = Math.min(left, x[dot]);
      right = Math.max(right, x[dot]);
      top = Math.min(top, y[dot]);
      bottom = Math.max(bottom, y[dot]);
    }
    if (x.length > 0) {
      const [width, height] = [right - left, bottom - top];
      this.left = left;
      this.top = top;
      // About two dots to a bucket, were they spread evenly; never more than a million buckets.
      this.cell = Math.max(
        Math.sqrt((width * height * 2) / x.length),
        width / 1000,
        height / 1000,
        1e-6,
      );
      this.columns = Math.floor(width / this.cell) + 1;
      this.rows = Math.floor(height / this.cell) + 1;
    }
    this.first = new Uint32Array(this.columns * this.rows + 1);
    this.dots = new Uint32Array(x.length);
    for (let dot = 0; dot < x.length; dot += 1) this.first[this.bucket(dot) + 1] += 1;
    for (let b = 1; b < this.first.length; b += 1) this.first[b] += this.first[b - 1];
    const filled = this.first.slice();
    for (let dot = 0; dot < x.length; dot += 1) {
      const bucket = this.bucket(dot);
      this.dots[filled[bucket]] = dot;
      filled[bucket] += 1;
    }
  }

  private bucket(dot: number): number {
    return this.row(this.y[dot]) * this.columns + this.column(this.x[dot]);
  }

  private column(x: number): number {
    return Math.min(this.columns - 1, Math.max(0, Math.floor((x - this.left) / this.cell)));
  }

  private row(y: number): number {
    return Math.min(this.rows - 1, Math.max(0, Math.floor((y - this.top) / this.cell)));
  }

  /** The nearest dot no further than `radius`; -1 if there is none. Of equals the lowest. */
  nearest(x: number, y: number, radius: number): number {
    let best = -1;
    let bestSquare = radius * radius;
    this.visit(x - radius, y - radius, x + radius, y + radius, (dot) => {
      const square = (this.x[dot] - x) ** 2 + (this.y[dot] - y) ** 2;
      if (square < bestSquare || (square === bestSquare && (best < 0 || dot < best))) {
        best = dot;
        bestSquare = square;
      }
    });
    return best;
  }

  /** The dots in the rectangle between two of its corners. */
  between([ax, ay]: Point, [bx, by]: Point): Uint32Array {
    return this.within(Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by));
  }

  /** All dots in a rectangle, ascending. */
  within(left: number, top: number, right: number, bottom: number): Uint32Array {
    const found: number[] = [];
    this.visit(left, top, right, bottom, (dot) => {
      const [x, y] = [this.x[dot], this.y[dot]];
      if (x >= left && x <= right && y >= top && y <= bottom) found.push(dot);
    });
    return Uint32Array.from(found).sort();
  }

  private visit(
    left: number,
    top: number,
    right: number,
    bottom: number,
    see: (dot: number) => void,
  ): void {
    for (let row = this.row(top); row <= this.row(bottom); row += 1) {
      const from = this.first[row * this.columns + this.column(left)];
      const to = this.first[row * this.columns + this.column(right) + 1];
      for (let place = from; place < to; place += 1) see(this.dots[place]);
    }
  }
}
