// Pointer on the free space of the map: hover, click, and a brush with Shift. Marks handle theirs.

import type { Point } from './camera';

interface Pointing {
  hover(x: number, y: number): void;
  leave(): void;
  click(x: number, y: number): void;
  brush(from: Point, to: Point, isDone: boolean): void;
}

export function pointing(svg: SVGSVGElement, act: Pointing): () => void {
  let brushFrom: Point | null = null;
  let wasBrushed = false;

  function at(event: MouseEvent): Point {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
  function isFree(event: Event): boolean {
    return !(event.target as Element).closest('[data-mark]');
  }
  function pointermove(event: PointerEvent) {
    if (brushFrom) act.brush(brushFrom, at(event), false);
    else if (event.buttons === 0 && event.pointerType !== 'touch' && isFree(event)) {
      act.hover(...at(event));
    }
  }
  function pointerdown(event: PointerEvent) {
    wasBrushed = false;
    if (!event.shiftKey || event.button !== 0 || !isFree(event)) return;
    brushFrom = at(event);
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  }
  function pointerup(event: PointerEvent) {
    if (!brushFrom) return;
    const to = at(event);
    wasBrushed = Math.hypot(to[0] - brushFrom[0], to[1] - brushFrom[1]) > 4;
    if (wasBrushed) act.brush(brushFrom, to, true);
    brushFrom = null;
  }
  function click(event: MouseEvent) {
    if (!wasBrushed && isFree(event)) act.click(...at(event));
    wasBrushed = false;
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
  return () => {
    for (const [name, handler] of Object.entries(handlers)) {
      svg.removeEventListener(name, handler as EventListener);
    }
  };
}
