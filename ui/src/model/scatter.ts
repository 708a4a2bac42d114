// Where each dot is drawn. A world knows the city of a router, not its street: the dots of a city
// are spread around it, always in the same way, so that their number can be seen. They imply more
// precision than the data has; the assumptions line of the map says so. Pure: no DOM.

import { NONE } from '../engine/columns';
import type { World } from './track';

/** Where dots are. On a map x and y are degrees east and north, else a place in a disc of radius 1. */
export interface Layout {
  isMap: boolean;
  x: Float32Array;
  y: Float32Array;
}

/** A dot never goes further from its city than this, in degrees. */
const REACH_MAX = 8;
/** Most dots of a city of n dots are within this times the root of n. */
const REACH = 0.1;
/** A town of three dots is still more than one pixel. */
const REACH_MIN = 0.22;
/** How often a dot in the sea looks for land. */
const ATTEMPTS = 10;
/** The angle between neighbours in a sunflower: no spokes, no rings. */
const GOLDEN = Math.PI * (3 - Math.sqrt(5));

/** Land and sea, as an equirectangular raster from 180° W, 90° N. */
export class Land {
  readonly width: number;
  readonly height: number;
  readonly cells: Uint8Array;

  constructor(width: number, height: number, cells: Uint8Array) {
    if (cells.length !== width * height) throw new Error('the land mask has another size');
    this.width = width;
    this.height = height;
    this.cells = cells;
  }

  isLand(lon: number, lat: number): boolean {
    const { width, height } = this;
    const column = Math.floor((((lon + 540) % 360) / 360) * width);
    const row = Math.min(height - 1, Math.max(0, Math.floor(((90 - lat) / 180) * height)));
    return this.cells[row * width + Math.min(width - 1, column)] !== 0;
  }

  /** The nearest place on land, or null if there is none within `degrees`. */
  nearestCoast(lon: number, lat: number, degrees = 25): { lon: number; lat: number } | null {
    const step = 180 / this.height;
    const narrow = Math.max(0.1, Math.cos((lat * Math.PI) / 180));
    for (let radius = 0; radius <= degrees; radius += step) {
      const turns = Math.max(1, Math.ceil((2 * Math.PI * radius) / step));
      for (let turn = 0; turn < turns; turn += 1) {
        const angle = (turn / turns) * 2 * Math.PI;
        const there = lat + radius * Math.sin(angle);
        const east = wrap(lon + (radius * Math.cos(angle)) / narrow);
        if (Math.abs(there) < 89 && this.isLand(east, there)) return { lon: east, lat: there };
      }
    }
    return null;
  }
}

/** Spreads the dots of a world over the map, or over a disc if the world has no places. */
export function scatter(world: World, land: Land | null): Layout {
  return world.placeLat.length === 0 ? disc(world) : spread(world, land);
}

function spread(world: World, land: Land | null): Layout {
  const dots = world.asn.length;
  const places = world.placeLat.length;
  const layout: Layout = { isMap: true, x: new Float32Array(dots), y: new Float32Array(dots) };
  const first = new Uint32Array(places + 1);
  for (const place of world.place) if (place !== NONE) first[place + 1] += 1;
  for (let place = 0; place < places; place += 1) first[place + 1] += first[place];
  const sorted = new Uint32Array(first[places]);
  const filled = first.slice();
  world.place.forEach((place, dot) => {
    if (place === NONE) {
      // A dot without a place in a world of places: out in the sea south-west of everything.
      layout.x[dot] = -150 + 12 * noise(dot);
      layout.y[dot] = -48 + 6 * noise(dot + 0x5bd1e995);
      return;
    }
    sorted[filled[place]] = dot;
    filled[place] += 1;
  });
  for (let place = 0; place < places; place += 1) {
    spreadCity(world, land, place, sorted.subarray(first[place], first[place + 1]), layout);
  }
  return layout;
}

function spreadCity(
  world: World,
  land: Land | null,
  place: number,
  dots: Uint32Array,
  layout: Layout,
): void {
  const [lon, lat] = [world.placeLon[place], world.placeLat[place]];
  const reach = REACH_MIN + REACH * Math.sqrt(dots.length);
  const narrow = Math.max(0.2, Math.cos((lat * Math.PI) / 180));
  const turn = noise(place) * 2 * Math.PI;
  dots.forEach((dot, rank) => {
    if (rank === 0) {
      layout.x[dot] = lon;
      layout.y[dot] = lat;
      return;
    }
    // Dense in the middle, thin at the rim, as cities are; jitter hides the spiral.
    const spread = (-Math.log(1 - (0.97 * rank) / dots.length)) ** 0.62 * (0.6 + 0.8 * noise(dot));
    let radius = Math.min(REACH_MAX, reach * spread);
    let angle = turn + rank * GOLDEN + 2.4 * noise(dot ^ 0x2545f491);
    for (let attempt = 0; ; attempt += 1) {
      const x = wrap(lon + (radius * Math.cos(angle)) / narrow);
      const y = Math.max(-85, Math.min(85, lat + radius * Math.sin(angle)));
      if (attempt === ATTEMPTS || land === null || land.isLand(x, y)) {
        layout.x[dot] = x;
        layout.y[dot] = y;
        return;
      }
      // Somewhere else around the city, and nearer: an islet may have no other land.
      angle += GOLDEN;
      radius = attempt === ATTEMPTS - 1 ? REACH_MIN * noise(dot) : radius * 0.93;
    }
  });
}

/** The larger in the middle: by tier, then by weight, then in the order of the world. */
function disc(world: World): Layout {
  const dots = world.asn.length;
  const layout: Layout = { isMap: false, x: new Float32Array(dots), y: new Float32Array(dots) };
  const order = Uint32Array.from({ length: dots }, (_, dot) => dot);
  order.sort((a, b) => world.tier[a] - world.tier[b] || world.weight[b] - world.weight[a] || a - b);
  order.forEach((dot, rank) => {
    const radius = Math.sqrt((rank + 0.5) / dots);
    layout.x[dot] = radius * Math.cos(rank * GOLDEN);
    layout.y[dot] = radius * Math.sin(rank * GOLDEN);
  });
  return layout;
}

/** Back into -180 to 180; at most one turn off. */
function wrap(lon: number): number {
  if (lon >= 180) return lon - 360;
  return lon < -180 ? lon + 360 : lon;
}

/** A number in [0, 1) that looks random and is always the same for the same seed. */
function noise(seed: number): number {
  let bits = (seed ^ 0x9e3779b9) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 4294967296;
}
