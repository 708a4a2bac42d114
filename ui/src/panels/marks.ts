// The marks of sites, and how they are drawn.

import type { RunResult } from '../engine/api';

export type Shape =
  'circle' | 'square' | 'triangle' | 'diamond' | 'plus' | 'down-triangle' | 'hexagon' | 'star';

export interface Mark {
  slot: number;
  shape: Shape;
  dark: string;
  light: string;
}

const SLOTS: [Shape, string, string, string][] = [
  ['circle', '#a867e7', '#392348', 'M-5 0A5 5 0 1 1 5 0A5 5 0 1 1 -5 0Z'],
  ['square', '#eb881f', '#7b4c00', 'M-4.5 -4.5H4.5V4.5H-4.5Z'],
  ['triangle', '#96f0aa', '#205943', 'M0 -6L6 4.5H-6Z'],
  ['diamond', '#f8ea21', '#7d7e4c', 'M0 -6.5L6.5 0L0 6.5L-6.5 0Z'],
  ['plus', '#a67165', '#551400', 'M-2 -6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z'],
  ['down-triangle', '#a4bbff', '#0510a7', 'M0 6L6 -4.5H-6Z'],
  ['hexagon', '#d69fb3', '#b76c84', 'M5.6 0L2.8 4.9H-2.8L-5.6 0L-2.8 -4.9H2.8Z'],
  [
    'star',
    '#3e7f8e',
    '#2580c1',
    'M0 -7L1.8 -2.4L6.7 -2.2L2.9 0.9L4.1 5.7L0 3L-4.1 5.7L-2.9 0.9L-6.7 -2.2L-1.8 -2.4Z',
  ],
];

export function shapePath(shape: Shape, _radius: number): string {
  return SLOTS.find(([name]) => name === shape)![3];
}

const known = new WeakMap<RunResult, Mark[]>();

/** The marks of all sites, in their order. */
export function marksOf(result: RunResult): Mark[] {
  const before = known.get(result);
  if (before) return before;
  const marks = result.sites.map((_, site) => {
    const [shape, dark, light] = SLOTS[site % SLOTS.length];
    return { slot: site % SLOTS.length, shape, dark, light };
  });
  known.set(result, marks);
  return marks;
}
