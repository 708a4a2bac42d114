// What only the frame around map and panels knows: how much room there is, which tab of the sheet
// is open, and the maps that keys and exports act on.

export type Tab = 'pops' | 'why' | 'time' | 'events';

/** What the shell asks of a map. Places are degrees; points are CSS px from the map's corner. */
export interface MapHandle {
  zoomBy(factor: number): void;
  panBy(dx: number, dy: number): void;
  showAll(): void;
  fitSelection(): void;
  project(place: [lon: number, lat: number]): [x: number, y: number] | null;
  unproject(point: [x: number, y: number]): [lon: number, lat: number] | null;
  pick(x: number, y: number): unknown;
  frameStats(): unknown;
  toCanvas(scale: number): Promise<HTMLCanvasElement>;
  toSvg(): Promise<string>;
  size(): { width: number; height: number };
}

class Frame {
  isPhone = $state(false);
  tab = $state<Tab>('pops');
  crosshair = $state(false);
  /** What was left out to keep the picture moving. */
  reduced = $state(0);
  /** The maps on the screen, first the one that panels speak of. */
  maps = $state.raw<MapHandle[]>([]);

  get map(): MapHandle | null {
    return this.maps[0] ?? null;
  }

  listen(): void {
    const narrow = matchMedia('(max-width: 699px)');
    this.isPhone = narrow.matches;
    narrow.addEventListener('change', () => (this.isPhone = narrow.matches));
  }

  addMap(map: MapHandle, place: number): () => void {
    const next = [...this.maps];
    next[place] = map;
    this.maps = next;
    return () => (this.maps = this.maps.filter((other) => other !== map));
  }

  /** Brings the Why panel into view, wherever it is. */
  showWhy(): void {
    this.tab = 'why';
    requestAnimationFrame(() => {
      const panel = document.getElementById('why');
      panel?.scrollIntoView({ block: 'nearest' });
      panel?.focus();
    });
  }
}

export const frame = new Frame();
