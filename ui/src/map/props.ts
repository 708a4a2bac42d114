// What the map is told, and what it tells. It decides nothing about routes: it draws what the
// track says at the time that the caller has sought.

import type { RunResult } from '../engine/api';
import type { Mark, Theme } from '../model/palette';
import type { Layer } from '../model/permalink';
import type { Load, Ring, Track, World } from '../model/track';
import type { Point, View } from './camera';

/** How a site is now. */
export interface SiteState {
  state: 'up' | 'failed' | 'draining' | 'unannounced';
  load: Load | null;
  /** Its share of all load, 0 to 1: the radius of its halo. */
  share: number;
  /** More offered than it can answer. */
  over: boolean;
}

export interface StreamFate {
  fate: number;
  /** Share of the client's packets, 0 to 1. */
  share: number;
}

/** A named source of demand, or a temporary one. */
export interface MapClient {
  /** Names it in callbacks and `data-testid`. */
  key: string;
  name: string;
  dot: number;
  asn: number;
  lat: number | null;
  lon: number | null;
  /** The fate of most of its packets. */
  fate: number;
  /** Put there by the user: may be moved and deleted. */
  isUser: boolean;
  /** Its resolver keeps answers longer than their TTL: a padlock. */
  isClamped?: boolean;
  streams: StreamFate[];
}

/** How much the map leaves out to keep up: nothing, glow, drift too, most lines too. */
export type Reduction = 0 | 1 | 2 | 3;

export interface MapProps {
  result: RunResult;
  world: World;
  track: Track;
  /** Another run: what has the same fate there is dimmed, and has no line. */
  against?: Track;
  marks: Mark[];
  /** In µs; the track is there already. */
  time: number;
  /** Another number whenever the picture may be another. */
  tick: number;
  layer: Layer;
  /** One value for each dot, NaN for none; null for the layers that show sites. */
  values: Float32Array | null;
  scale: { min: number; max: number };
  /** Sites whose dots and lines are dimmed. */
  hidden: ReadonlySet<number>;
  /** A selected dot. */
  selected: number | null;
  selectedClient: string | null;
  /** The dots of the highlighted path, hop by hop. */
  path: number[];
  /** A site that is pointed at elsewhere; pointing at one on the map does the same. */
  hoveredSite?: number | null;
  /** One for each site. */
  siteState: SiteState[];
  clients: MapClient[];
  /** Temporary clients. */
  probes: MapClient[];
  rings: Ring[];
  theme: Theme;
  reducedMotion: boolean;
  /** A title, where two maps stand side by side. */
  label?: string;
  /** A narrow screen: large targets, and one finger scrolls the page. */
  compact?: boolean;
  /** Can be bound: two maps that share it move together. */
  view?: View;
  placeName?: (place: number) => string | undefined;
  onpop?: (site: number) => void;
  onpopmenu?: (site: number, x: number, y: number) => void;
  onpopmove?: (site: number, lat: number, lon: number) => void;
  onland?: (lat: number, lon: number, x: number, y: number) => void;
  /** A click on the sea, with the nearest coast where there is one. */
  onsea?: (lat: number, lon: number, coast: { lat: number; lon: number } | null) => void;
  onclient?: (key: string) => void;
  onclientdelete?: (key: string) => void;
  /** Somebody tried to move what stays where it is, or in a way that does not move it. */
  onfixed?: (kind: 'client' | 'pop', key: string) => void;
  onclientmove?: (key: string, lat: number, lon: number) => void;
  ondot?: (dot: number) => void;
  /** What was brushed, in the plane: stays drawn. */
  brushed?: { from: Point; to: Point } | null;
  /**
   * Dots in a brush, its corners in the plane, and a way to find places on land in it: degrees
   * north and east, evenly spread, always the same.
   */
  onbrush?: (
    dots: Uint32Array,
    from: Point,
    to: Point,
    spots: (count: number) => [number, number][],
  ) => void;
  onhoverpop?: (site: number | null) => void;
  onreduced?: (level: Reduction) => void;
}

/** What every layer is called, and its unit. */
export const LAYERS: Record<Layer, { name: string; unit: string; note: string }> = {
  catchment: { name: 'Catchment', unit: '', note: 'Which site serves each network.' },
  rtt: { name: 'RTT', unit: 'ms', note: 'Round-trip time to the site that serves.' },
  inflation: {
    name: 'RTT inflation',
    unit: 'ms',
    note: 'Round-trip time above the best that any site could give.',
  },
  length: { name: 'AS-path length', unit: 'ASes', note: 'ASes on the path, prepends included.' },
  recovery: { name: 'Time to recover', unit: 's', note: 'From the event until served again.' },
  ties: { name: 'Ties', unit: 'sites', note: 'Sites that it could reach if ties broke otherwise.' },
  stability: { name: 'Stability', unit: 'moves', note: 'How often its site changed in this run.' },
  grid: { name: 'Grid', unit: '', note: 'Cells of equal degrees: size is dots, slices are sites.' },
};

/** What the dots do not say. Burned into exported pictures. */
export const ASSUMPTIONS =
  'Dots stand around their city, not at their street. Lines show who serves whom, not cables.';
