// Follows the pointer from where it went down until it goes up, wherever that is.

import type { Point } from './camera';

/** Less than this is a click of an unsteady hand, in px. */
const SLACK_PX = 5;

interface Dragging {
  /** Each move, in px of the pane. */
  move(at: Point): void;
  /** Where it was let go; null if it never moved, was called off, or is not in the pane. */
  end(at: Point | null): void;
}

export function dragging(pane: Element, down: PointerEvent, act: Dragging): void {
  if (!down.isPrimary) return;
  const box = pane.getBoundingClientRect();
  let at: Point | null = null;
  const stop = new AbortController();
  const listen = (name: string, handle: (event: PointerEvent) => void) =>
    window.addEventListener(name, handle as EventListener, { signal: stop.signal, capture: true });
  const end = (last: Point | null) => {
    stop.abort();
    act.end(last);
  };
  listen('pointermove', ({ pointerId, clientX, clientY }) => {
    if (pointerId !== down.pointerId) return;
    const far = Math.hypot(clientX - down.clientX, clientY - down.clientY);
    if (at === null && far < SLACK_PX) return;
    at = [clientX - box.left, clientY - box.top];
    act.move(at);
  });
  listen('pointerup', () => {
    const isInside = at && at[0] >= 0 && at[1] >= 0 && at[0] <= box.width && at[1] <= box.height;
    end(isInside ? at : null);
  });
  listen('pointercancel', () => end(null));
  // A second finger means a pinch: what the first one began is called off.
  listen('pointerdown', ({ pointerId }) => {
    if (pointerId !== down.pointerId) end(null);
  });
}
