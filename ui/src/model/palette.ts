// Which shape and colour a site has. One site, one mark, everywhere, and never colour alone.
//
// The eight colours of each theme were searched for under normal vision and three kinds of colour
// blindness (ui.md 3.3): no ninth keeps its distance. Beyond eight sites a colour comes again,
// with another shape, and not beside a site that has it. Pure: no DOM.

import type { RunResult } from '../engine/api';

export const SHAPES = [
  'circle',
  'square',
  'triangle',
  'diamond',
  'plus',
  'down-triangle',
  'hexagon',
  'star',
] as const;

export type Shape = (typeof SHAPES)[number];
export type Theme = 'dark' | 'light';

export interface Mark {
  /** Which of the eight colours, 0 to 7. */
  slot: number;
  shape: Shape;
  /** The colour in each theme, as `#rrggbb`. */
  dark: string;
  light: string;
}

export const DARK = [
  '#a867e7',
  '#eb881f',
  '#96f0aa',
  '#f8ea21',
  '#a67165',
  '#a4bbff',
  '#d69fb3',
  '#3e7f8e',
];

export const LIGHT = [
  '#392348',
  '#7b4c00',
  '#205943',
  '#7d7e4c',
  '#551400',
  '#0510a7',
  '#b76c84',
  '#2580c1',
];

const SLOTS = DARK.length;
/** Catchments of sites that are this many places apart, or fewer, are taken to touch. */
const NEIGHBORS = 7;

/**
 * Gives every site its mark, in announcement order, so that a site added last changes no other.
 *
 * The first eight take the slots one by one. Later ones take the colour that is least used among
 * the nearest sites before them, which is where catchments meet on the map.
 */
export function assignMarks(result: RunResult): Mark[] {
  const { sites } = result;
  if (sites.length > SLOTS * SHAPES.length) return marksByRegion(sites);
  const slots: number[] = [];
  const used = new Array<number>(SLOTS).fill(0);
  return sites.map((_, index) => {
    const slot = index < SLOTS ? index : calmestSlot(sites, slots, index, used);
    slots.push(slot);
    // The n-th site of a colour moves n shapes on: no two marks are equal up to 64 sites.
    const shape = (slot + used[slot]) % SHAPES.length;
    used[slot] += 1;
    return mark(slot, shape);
  });
}

function mark(slot: number, shape: number): Mark {
  return { slot, shape: SHAPES[shape], dark: DARK[slot], light: LIGHT[slot] };
}

interface Place {
  lat: number | null;
  lon: number | null;
  region: string;
}

function calmestSlot(sites: Place[], slots: number[], index: number, used: number[]): number {
  const near = slots
    .map((slot, other) => ({ slot, far: distance(sites[index], sites[other]) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, NEIGHBORS);
  let best = 0;
  let bestCost = Infinity;
  for (let slot = 0; slot < SLOTS; slot += 1) {
    if (used[slot] >= SHAPES.length) continue;
    let cost = used[slot] * 0.1;
    near.forEach((neighbor, rank) => {
      const nearness = 1 / (1 + rank);
      if (neighbor.slot === slot) cost += 10 * nearness;
      else cost += nearness * (1 - contrast(slot, neighbor.slot));
    });
    if (cost < bestCost) {
      bestCost = cost;
      best = slot;
    }
  }
  return best;
}

/** How different two colours are, 0 to 1: a plain distance in RGB ranks these eight well enough. */
function contrast(a: number, b: number): number {
  const [one, other] = [parseColor(DARK[a]), parseColor(DARK[b])];
  return Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]) / 442;
}

/** Above 64 sites a colour means a region: sites of equal region share it. */
function marksByRegion(sites: Place[]): Mark[] {
  const regions = new Map<string, number>();
  return sites.map((site, index) => {
    const region = site.region === '' ? sector(site) : site.region;
    if (!regions.has(region)) regions.set(region, regions.size % SLOTS);
    return mark(regions.get(region)!, Math.floor(index / SLOTS) % SHAPES.length);
  });
}

/** A slice of the globe, for sites that name no region. */
function sector({ lat, lon }: Place): string {
  if (lat === null || lon === null) return 'nowhere';
  return `${Math.floor((lon + 190) / 90)}${lat < 12 ? 's' : 'n'}`;
}

/** Great-circle distance in radians; far away if a place is not known. */
function distance(a: Place, b: Place): number {
  if (a.lat === null || a.lon === null || b.lat === null || b.lon === null) return Math.PI;
  const rad = Math.PI / 180;
  const cosine =
    Math.sin(a.lat * rad) * Math.sin(b.lat * rad) +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.cos((a.lon - b.lon) * rad);
  return Math.acos(Math.min(1, Math.max(-1, cosine)));
}

/** Red, green, blue of `#rgb` or `#rrggbb`: minifiers shorten what they can. */
export function parseColor(color: string): [number, number, number] {
  const digits = color.replace('#', '').trim();
  const long = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  const value = parseInt(long, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** An SVG path of a shape around (0, 0). All shapes cover about the area of a circle of `radius`. */
export function shapePath(shape: Shape, radius: number): string {
  const r = radius;
  switch (shape) {
    case 'circle':
      return `M${-r},0A${n(r)},${n(r)} 0 1 1 ${n(r)},0A${n(r)},${n(r)} 0 1 1 ${n(-r)},0Z`;
    case 'square':
      return polygon(4, r * 1.25, Math.PI / 4);
    case 'triangle':
      return polygon(3, r * 1.45, -Math.PI / 2, r * 0.18);
    case 'down-triangle':
      return polygon(3, r * 1.45, Math.PI / 2, -r * 0.18);
    case 'diamond':
      return polygon(4, r * 1.3, 0);
    case 'hexagon':
      return polygon(6, r * 1.12, 0);
    case 'plus': {
      const [a, b] = [n(r * 1.15), n(r * 0.44)];
      return `M${-b},${-a}H${b}V${-b}H${a}V${b}H${b}V${a}H${-b}V${b}H${-a}V${-b}H${-b}Z`;
    }
    case 'star':
      return star(r * 1.45, r * 0.62);
  }
}

function polygon(corners: number, radius: number, turn: number, down = 0): string {
  const points = Array.from({ length: corners }, (_, corner) => {
    const angle = turn + (corner * 2 * Math.PI) / corners;
    return `${n(radius * Math.cos(angle))},${n(radius * Math.sin(angle) + down)}`;
  });
  return `M${points.join('L')}Z`;
}

function star(outer: number, inner: number): string {
  const points = Array.from({ length: 10 }, (_, corner) => {
    const angle = -Math.PI / 2 + (corner * Math.PI) / 5;
    const radius = corner % 2 === 0 ? outer : inner;
    return `${n(radius * Math.cos(angle))},${n(radius * Math.sin(angle))}`;
  });
  return `M${points.join('L')}Z`;
}

function n(value: number): number {
  return Math.round(value * 100) / 100;
}
