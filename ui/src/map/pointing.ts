// Pointer on the free space of the map: hover, click, and a brush with Shift. Marks handle theirs,
// but no click reaches anything that began elsewhere or came from a drag.

import type { Point } from './camera';

interface Pointing {
  hover(x: number, y: number): void;
  leave(): void;
  click(x: number, y: number): void;
  brush(from: Point, to: Point, isDone: boolean): void;
}

/** Less than this is a click of an unsteady hand, in px. */
const SLACK_PX = 5;

export function pointing(svg: SVGSVGElement, act: Pointing): () => void {
  let brushFrom: Point | null = null;
  /** Where the pointer went down, on which mark if any, and whether it has left that place. */
  let press: { x: number; y: number; mark: Element | null; isDrag: boolean } | null = null;

  function at(event: MouseEvent): Point {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
  function markOf(event: Event): Element | null {
    return (event.target as Element).closest('[data-mark]');
  }
  function isFree(event: Event): boolean {
    return markOf(event) === null;
  }
  function began(event: PointerEvent) {
    if (!event.isPrimary || !event.isTrusted) return;
    press = { x: event.clientX, y: event.clientY, mark: markOf(event), isDrag: false };
  }
  function moved({ clientX, clientY, isPrimary }: PointerEvent) {
    if (!press || !isPrimary) return;
    if (Math.hypot(clientX - press.x, clientY - press.y) > SLACK_PX) press.isDrag = true;
  }
  /** Stops the click that a browser makes of a drag: on the mark, or on whatever is around both. */
  function judge(event: MouseEvent) {
    // Keys and scripts click without pressing.
    if (!event.isTrusted || event.detail === 0 || !press) return;
    moved(event as PointerEvent);
    if (!press.isDrag && (press.mark === null) === isFree(event)) return;
    event.stopPropagation();
    event.preventDefault();
  }
  function pointermove(event: PointerEvent) {
    if (brushFrom) act.brush(brushFrom, at(event), false);
    else if (event.buttons === 0 && event.pointerType !== 'touch' && isFree(event)) {
      act.hover(...at(event));
    }
  }
  function pointerdown(event: PointerEvent) {
    if (!event.shiftKey || event.button !== 0 || !isFree(event)) return;
    brushFrom = at(event);
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  }
  function pointerup(event: PointerEvent) {
    if (!brushFrom) return;
    const to = at(event);
    act.brush(brushFrom, to, true);
    brushFrom = null;
  }
  function click(event: MouseEvent) {
    if (isFree(event)) act.click(...at(event));
  }

  const handlers = {
    pointermove,
    pointerdown,
    pointerup,
    pointerleave: () => act.leave(),
    click,
  } as const;
  for (const [name, handler] of Object.entries(handlers)) {
    svg.addEventListener(name, handler as EventListener);
  }
  const capture = { capture: true };
  svg.addEventListener('pointerdown', began, capture);
  svg.addEventListener('click', judge, capture);
  // A drag may leave the map and come back.
  window.addEventListener('pointermove', moved, capture);
  return () => {
    svg.removeEventListener('pointerdown', began, capture);
    svg.removeEventListener('click', judge, capture);
    window.removeEventListener('pointermove', moved, capture);
    for (const [name, handler] of Object.entries(handlers)) {
      svg.removeEventListener(name, handler as EventListener);
    }
  };
}
