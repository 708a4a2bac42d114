// A finger is wider than what it means: of all marks under a tap, the nearest is meant, and a site
// goes first if it is very near. A mouse hits what it points at.

import type { Point } from './camera';

interface Marks {
  pops: Point[];
  clients: Point[];
}

/** Within this, in px, a site is meant whatever else is there. */
const POP_FIRST_PX = 12;
/** How far a tap reaches, in px. */
export const POP_REACH_PX = 22;
export const CLIENT_REACH_PX = 16;

/** The mark that a tap means, by kind and place in its list; null if none is near. */
export function tapped(at: Point, marks: Marks): { kind: 'pop' | 'client'; place: number } | null {
  const pop = nearest(at, marks.pops, POP_REACH_PX);
  const client = nearest(at, marks.clients, CLIENT_REACH_PX);
  if (pop && (!client || pop.px <= POP_FIRST_PX || pop.px < client.px)) {
    return { kind: 'pop', place: pop.place };
  }
  return client && { kind: 'client', place: client.place };
}

function nearest([x, y]: Point, points: Point[], reach: number) {
  let best: { place: number; px: number } | null = null;
  for (const [place, [px, py]] of points.entries()) {
    const distance = Math.hypot(px - x, py - y);
    if (distance <= (best?.px ?? reach)) best = { place, px: distance };
  }
  return best;
}

const EVENTS = ['pointerdown', 'pointerup', 'pointercancel', 'click', 'contextmenu'];

/** Gives what a finger does to one mark to the one that it means. */
export function tapping(group: SVGGElement, markAt: (at: Point) => Element | null): () => void {
  let isTouch = false;
  function handle(event: Event) {
    const pointer = event as PointerEvent;
    if (event.type === 'pointerdown') isTouch = pointer.pointerType === 'touch';
    // A key makes clicks too, without a place.
    if (!isTouch || !event.isTrusted || (event.type === 'click' && pointer.detail === 0)) return;
    const hit = (event.target as Element).closest('[data-mark]');
    const box = group.ownerSVGElement!.getBoundingClientRect();
    const meant = hit && markAt([pointer.clientX - box.left, pointer.clientY - box.top]);
    if (!meant || meant === hit) return;
    event.stopPropagation();
    const again = new PointerEvent(event.type, pointer);
    if (!meant.dispatchEvent(again)) event.preventDefault();
  }
  for (const name of EVENTS) group.addEventListener(name, handle, { capture: true });
  return () => {
    for (const name of EVENTS) group.removeEventListener(name, handle, { capture: true });
  };
}
