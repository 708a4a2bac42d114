// From degrees to the plane of the map, and from there to the screen. The plane is fixed, so that
// dots are projected once; zooming and resizing only move and scale it. Pure: no DOM.

import { geoEqualEarth, geoEqualEarthRaw, geoInterpolate, geoPath } from 'd3-geo';

import type { Layout } from '../model/scatter';

/** What is seen: the plane's point in the middle of the pane, and how much it is magnified. */
export interface View {
  k: number;
  x: number;
  y: number;
}

export type Point = [number, number];

/** A way to draw places: the Earth, or a disc for worlds without places. */
export interface Chart {
  isMap: boolean;
  /** What the whole-world view shows, in the plane. */
  box: { left: number; top: number; right: number; bottom: number };
  /** To the plane. */
  project(place: Point): Point;
  invert(point: Point): Point | null;
  /** A line between two places as an SVG path in the plane. */
  arc(from: Point, to: Point): string;
  /** A place on that line, `part` of the way. */
  between(from: Point, to: Point, part: number): Point;
  /** Places of all dots in the plane. */
  projectAll(layout: Layout): { x: Float32Array; y: Float32Array };
}

const UNIT = 100;
/** Turned so that Chukotka stays whole and the cut runs through the Bering Strait. */
const TURN = -11;

const projection = geoEqualEarth().rotate([TURN, 0]).scale(UNIT).translate([0, 0]).precision(0.05);

export const planePath = geoPath(projection).digits(2);

function project(place: Point): Point {
  return projection(place)!;
}

/** South of Cape Horn there is only Antarctica, which nobody serves. */
const [, TOP] = project([11, 80]);
const [, BOTTOM] = project([11, -56]);
const [RIGHT] = project([11 + 179.99, 0]);

export const EARTH: Chart = {
  isMap: true,
  box: { left: -RIGHT * 0.94, top: TOP, right: RIGHT * 0.94, bottom: BOTTOM },
  project,
  invert: (point) => projection.invert!(point),
  arc: (from, to) => planePath({ type: 'LineString', coordinates: [from, to] }) ?? '',
  between: (from, to, part) => geoInterpolate(from, to)(part),
  projectAll({ x: lon, y: lat }) {
    const [x, y] = [new Float32Array(lon.length), new Float32Array(lon.length)];
    const rad = Math.PI / 180;
    for (let dot = 0; dot < lon.length; dot += 1) {
      let east = lon[dot] + TURN;
      if (east < -180) east += 360;
      const [px, py] = geoEqualEarthRaw(east * rad, lat[dot] * rad);
      x[dot] = px * UNIT;
      y[dot] = -py * UNIT;
    }
    return { x, y };
  },
};

const RADIUS = 130;

export const DISC: Chart = {
  isMap: false,
  box: { left: -RADIUS, top: -RADIUS, right: RADIUS, bottom: RADIUS },
  project: ([x, y]) => [x * RADIUS, y * RADIUS],
  invert: ([x, y]) => [x / RADIUS, y / RADIUS],
  arc: (from, to) => `M${from[0] * RADIUS},${from[1] * RADIUS}L${to[0] * RADIUS},${to[1] * RADIUS}`,
  between: (from, to, part) => [
    from[0] + (to[0] - from[0]) * part,
    from[1] + (to[1] - from[1]) * part,
  ],
  projectAll({ x, y }) {
    return { x: x.map((value) => value * RADIUS), y: y.map((value) => value * RADIUS) };
  },
};

export const ZOOM_MAX = 40;
/** Free space around the whole world, in px. */
const MARGIN = 10;

/** The plane on a pane of a given size. */
export class Camera {
  readonly width: number;
  readonly height: number;
  readonly view: View;
  /** Screen px for one unit of the plane. */
  readonly scale: number;
  /** The same with the whole world in view. */
  readonly homeScale: number;
  readonly home: View;

  constructor(width: number, height: number, chart: Chart, view: View | undefined) {
    this.width = width;
    this.height = height;
    const { left, top, right, bottom } = chart.box;
    this.home = { k: 1, x: (left + right) / 2, y: (top + bottom) / 2 };
    this.homeScale = Math.max(
      0.05,
      Math.min((width - 2 * MARGIN) / (right - left), (height - 2 * MARGIN) / (bottom - top)),
    );
    this.view = view ?? this.home;
    this.scale = this.homeScale * this.view.k;
  }

  /** What has to be added to a plane's point times `scale`. */
  get offsetX(): number {
    return this.width / 2 - this.view.x * this.scale;
  }

  get offsetY(): number {
    return this.height / 2 - this.view.y * this.scale;
  }

  toScreen([x, y]: Point): Point {
    return [x * this.scale + this.offsetX, y * this.scale + this.offsetY];
  }

  toPlane([x, y]: Point): Point {
    return [(x - this.offsetX) / this.scale, (y - this.offsetY) / this.scale];
  }

  /** The view that shows points of the plane with some room around them. */
  around(points: Point[]): View {
    if (points.length === 0) return this.home;
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
    // Never closer than a small country: a single point has no size.
    const width = Math.max(right - left, 30) * 1.4;
    const height = Math.max(bottom - top, 20) * 1.4;
    const scale = Math.min(this.width / width, this.height / height);
    const k = Math.min(ZOOM_MAX, Math.max(1, scale / this.homeScale));
    return this.bounded({ k, x: (left + right) / 2, y: (top + bottom) / 2 });
  }

  /** Keeps the pane inside what the whole-world view shows. */
  bounded({ k, x, y }: View): View {
    const halfWidth = this.width / 2 / this.homeScale;
    const halfHeight = this.height / 2 / this.homeScale;
    const clamp = (value: number, middle: number, half: number) => {
      const free = half * (1 - 1 / k);
      return Math.min(middle + free, Math.max(middle - free, value));
    };
    return { k, x: clamp(x, this.home.x, halfWidth), y: clamp(y, this.home.y, halfHeight) };
  }

  sameAs(view: View): boolean {
    const { k, x, y } = this.view;
    return k === view.k && x === view.x && y === view.y;
  }
}
