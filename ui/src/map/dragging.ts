// Follows the pointer from where it went down until it goes up, wherever that is.

import type { Point } from './camera';

/** Less than this is a click of an unsteady hand, in px. */
const SLACK_PX = 5;

interface Dragging {
  /** Each move, in px of the pane. */
  move(at: Point): void;
  /** Where it was let go; null if it never moved or was called off. */
  end(at: Point | null): void;
}

export function dragging(pane: Element, down: PointerEvent, act: Dragging): void {
  const box = pane.getBoundingClientRect();
  let at: Point | null = null;
  const move = ({ clientX, clientY }: PointerEvent) => {
    const far = Math.hypot(clientX - down.clientX, clientY - down.clientY);
    if (at === null && far < SLACK_PX) return;
    at = [clientX - box.left, clientY - box.top];
    act.move(at);
  };
  const end = ({ type }: PointerEvent) => {
    window.removeEventListener('pointermove', move);
    window.removeEventListener('pointerup', end);
    window.removeEventListener('pointercancel', end);
    act.end(type === 'pointerup' ? at : null);
  };
  window.addEventListener('pointermove', move);
  window.addEventListener('pointerup', end);
  window.addEventListener('pointercancel', end);
}
