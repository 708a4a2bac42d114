// A client or a site on its way to another place: with the pointer, or with Alt and the arrows,
// which count once they have rested.

import type { Point } from './camera';
import { dragging } from './dragging';

export type MovedKind = 'client' | 'pop';

interface Moves {
  pane(): Element;
  /** The place of a mark now, as `[lon, lat]`. */
  placeOf(kind: MovedKind, key: string): Point | null;
  project(place: Point): Point;
  invert(at: Point): Point | null;
  done(kind: MovedKind, key: string, place: Point): void;
  /** Whether it may not be moved at all, or not in this way; told by `refuse`. */
  isFixed(kind: MovedKind, key: string, event?: PointerEvent): boolean;
  refuse(kind: MovedKind, key: string): void;
}

const REST_MS = 700;
/** Poles are no place to be. */
const LAT_MAX = 85;

export class Moving {
  /** What is on its way, and where on the screen. */
  now = $state.raw<{ kind: MovedKind; key: string; at: Point } | null>(null);
  /** Whether the click that follows a drag is to be ignored. */
  wasDragged = false;
  private place: Point = [0, 0];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly moves: Moves) {}

  drag(kind: MovedKind, key: string, event: PointerEvent): void {
    this.stop();
    this.wasDragged = false;
    const isFixed = this.moves.isFixed(kind, key, event);
    dragging(this.moves.pane(), event, {
      move: (at) => {
        if (isFixed && !this.wasDragged) this.moves.refuse(kind, key);
        this.wasDragged = true;
        if (isFixed) return;
        this.now = { kind, key, at };
      },
      end: (at) => {
        this.now = null;
        // The click comes right after; later ones count again.
        setTimeout(() => (this.wasDragged = false));
        const place = at && !isFixed && this.moves.invert(at);
        if (place) this.moves.done(kind, key, place);
      },
    });
  }

  /** By degrees east and north. */
  nudge(kind: MovedKind, key: string, [east, north]: Point): void {
    if (this.moves.isFixed(kind, key)) return this.moves.refuse(kind, key);
    const isOnItsWay = this.now?.kind === kind && this.now.key === key;
    const from = isOnItsWay ? this.place : this.moves.placeOf(kind, key);
    if (!from) return;
    const lon = ((from[0] + east + 540) % 360) - 180;
    const lat = Math.min(LAT_MAX, Math.max(-LAT_MAX, from[1] + north));
    this.place = [lon, lat];
    this.now = { kind, key, at: this.moves.project(this.place) };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.now = null;
      this.moves.done(kind, key, this.place);
    }, REST_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.now = null;
  }
}

const ARROWS: Record<string, Point> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** The degrees that a key moves a mark by; null for other keys. Shift: ten at once. */
function nudgeOf(event: KeyboardEvent): Point | null {
  const arrow = ARROWS[event.key];
  if (!arrow || !event.altKey || event.ctrlKey || event.metaKey) return null;
  const size = event.shiftKey ? 10 : 1;
  return [arrow[0] * size, arrow[1] * size];
}

/**
 * Keys on a mark of the map: Alt and the arrows move it, the arrows alone go to the next one, and
 * whatever else it can do is in `actions`. Space is its own only if it was reached by keyboard:
 * after a click of a mouse Space plays and pauses, as it does everywhere else.
 */
export function markKey(
  event: KeyboardEvent,
  mark: { onpress(): void; onstep(by: 1 | -1): void; onnudge(by: Point): void },
  actions: Record<string, () => void>,
): void {
  const isReached = (event.currentTarget as Element).matches(':focus-visible');
  const all: Record<string, () => void> = {
    Enter: mark.onpress,
    ...(isReached && { ' ': mark.onpress }),
    ArrowRight: () => mark.onstep(1),
    ArrowLeft: () => mark.onstep(-1),
    ...actions,
  };
  const by = nudgeOf(event);
  const action = by ? () => mark.onnudge(by) : all[event.key];
  if (!action || event.ctrlKey || event.metaKey || (event.altKey && !by)) return;
  event.preventDefault();
  event.stopPropagation();
  action();
}
