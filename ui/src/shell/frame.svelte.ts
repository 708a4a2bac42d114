// What only the frame around map and panels knows: how much room there is, which tab of the sheet
// is open, and the maps that keys and exports act on.

import type { View } from '../map/camera';
import type { Picture } from '../map/figure';

/** A part of the map that somebody chose: its dots, and its corners in the plane of the map. */
export interface Brush {
  dots: Uint32Array;
  from: [number, number];
  to: [number, number];
  /** Places on land in it, spread evenly, as degrees north and east. */
  spots: (count: number) => [number, number][];
}

export type Tab = 'pops' | 'why' | 'time' | 'events';

/** What the shell asks of a map. Places are `[lon, lat]`, points are CSS px from its corner. */
export interface MapHandle {
  zoomBy(factor: number): void;
  zoomHome(): void;
  pan(x: number, y: number): void;
  fitDots(dots: Iterable<number>): void;
  project(place: [number, number]): [number, number];
  invert(x: number, y: number): [number, number] | null;
  pick(x: number, y: number): number;
  clickAt(x: number, y: number): void;
  /** Chooses what lies between two points. */
  brushBetween(from: [number, number], to: [number, number]): void;
  frameStats(): { medianMs: number; reduction: number };
  restoreDetail(): void;
  picture(): Picture;
}

class Frame {
  isPhone = $state(false);
  /** Fingers point here: two maps lie on each other, with a handle between them. */
  isTouch = $state(false);
  /** Where one map ends and the other begins, in % of their width. */
  swipe = $state(50);
  tab = $state<Tab>('pops');
  crosshair = $state(false);
  /** In a comparison: whether only what differs is shown in full. */
  onlyDifferent = $state(false);
  /** What was left out to keep the picture moving; 0 is nothing. */
  reduced = $state(0);
  /** What the maps show: both of a comparison move together. */
  view = $state.raw<View | undefined>(undefined);
  /** What the colours of the layer span. */
  scale = $state.raw({ min: 0, max: 1 });
  /** What was brushed, until it is dismissed. */
  brush = $state.raw<Brush | null>(null);
  /** How many clients `N` makes of it. */
  brushCount = $state(10);
  /** The maps on the screen, first the one that panels speak of. */
  maps = $state.raw<MapHandle[]>([]);

  get map(): MapHandle | null {
    return this.maps[0] ?? null;
  }

  listen(): () => void {
    const narrow = matchMedia('(max-width: 699px)');
    const coarse = matchMedia('(pointer: coarse)');
    const change = () => {
      this.isPhone = narrow.matches;
      this.isTouch = narrow.matches || coarse.matches;
    };
    change();
    const queries = [narrow, coarse];
    for (const query of queries) query.addEventListener('change', change);
    return () => {
      for (const query of queries) query.removeEventListener('change', change);
    };
  }

  /** Puts a map at its place; the function that it returns takes it away. */
  addMap(map: MapHandle, place: number): () => void {
    this.maps = this.maps.toSpliced(place, 0, map);
    return () => (this.maps = this.maps.filter((other) => other !== map));
  }

  /** Letters that were typed before the field for them was there. */
  private typed = '';

  typeAhead(letter: string): void {
    this.typed += letter;
  }

  takeTyped(): string {
    const { typed } = this;
    this.typed = '';
    return typed;
  }

  /** Brings the Why panel into view, wherever it is. */
  showWhy(): void {
    this.tab = 'why';
    requestAnimationFrame(() => {
      const panel = document.getElementById('why-region');
      panel?.scrollIntoView({ block: 'nearest' });
      panel?.focus();
    });
  }
}

export const frame = new Frame();
