// The colours of both themes that canvases need as numbers. They repeat tokens of app.css (a test
// compares them): a canvas that asked the page would see the old theme while the new one arrives,
// and could not draw a light picture for print from a dark page.

import { parseColor, type Mark, type Theme } from '../model/palette';

export interface Tokens {
  page: string;
  card: string;
  sea: string;
  land: string;
  border: string;
  ink: string;
  muted: string;
  accent: string;
  bad: string;
  warn: string;
  'no-route': string;
  line: string;
}

export const TOKENS: Record<Theme, Tokens> = {
  dark: {
    page: '#0b1220',
    card: '#121c31',
    sea: '#0e1729',
    land: '#1d2a44',
    border: '#33456b',
    ink: '#e6ecf7',
    muted: '#9dabc6',
    accent: '#7cc4ff',
    bad: '#ff7b7b',
    warn: '#ffb454',
    'no-route': '#ffffff',
    line: '#2a3a5c',
  },
  light: {
    page: '#f4f6fa',
    card: '#ffffff',
    sea: '#edf2f9',
    land: '#dfe6f1',
    border: '#b3c0d6',
    ink: '#152033',
    muted: '#56637b',
    accent: '#0b62c4',
    bad: '#c01f2f',
    warn: '#a35a00',
    'no-route': '#000000',
    line: '#d3dcea',
  },
};

export function colorOf(mark: Mark | undefined, theme: Theme): string {
  return mark?.[theme] ?? TOKENS[theme].muted;
}

/** A pixel as the canvas keeps it: red in the lowest byte (all our platforms are little-endian). */
export function pixel(color: string, alpha = 255): number {
  const [red, green, blue] = parseColor(color);
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export function withAlpha(color: string, alpha: number): string {
  const [red, green, blue] = parseColor(color);
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

/** A colour on its way to white. */
export function lightened(color: string, share: number): string {
  const parts = parseColor(color).map((part) => Math.round(part + (255 - part) * share));
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

// After viridis (CC0), but never as dark or as light as the land: what is low can still be seen, what
// is high stands out, in both themes and for all kinds of colour vision.
const STOPS: Record<Theme, string[]> = {
  dark: ['#5a6cc4', '#3f8cc4', '#2fae9f', '#5fca62', '#b4de2c', '#fde725'],
  light: ['#6ea83a', '#2f9a68', '#21828d', '#31628e', '#443a83', '#440154'],
};

/** A colour of the sequential scale for a share of 0 to 1. */
export function sequential(share: number, theme: Theme): string {
  const [red, green, blue] = mixed(share, theme);
  return `rgb(${red}, ${green}, ${blue})`;
}

/** The whole scale as 256 pixels. */
export function sequentialPixels(theme: Theme): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, step) => {
    const [red, green, blue] = mixed(step / 255, theme);
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

function mixed(share: number, theme: Theme): [number, number, number] {
  const stops = STOPS[theme];
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const below = Math.min(stops.length - 2, Math.floor(place));
  const [from, to] = [parseColor(stops[below]), parseColor(stops[below + 1])];
  const part = place - below;
  return [0, 1, 2].map((c) => Math.round(from[c] + (to[c] - from[c]) * part)) as [
    number,
    number,
    number,
  ];
}
