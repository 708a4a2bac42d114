// Wheel, pinch and drag through d3-zoom, kept in step with a view that others may set too.

import { select } from 'd3-selection';
import { zoom, zoomIdentity, zoomTransform, type D3ZoomEvent } from 'd3-zoom';

import { ZOOM_MAX, type Camera, type View } from './camera';

export interface Zooming {
  /** Follows a view, or a size, that came from elsewhere. */
  follow(camera: Camera): void;
  stop(): void;
}

export function zooming(
  element: SVGSVGElement,
  camera: () => Camera,
  isCompact: () => boolean,
  onview: (view: View) => void,
): Zooming {
  let isFollowing = false;
  const behavior = zoom<SVGSVGElement, unknown>()
    .scaleExtent([1, ZOOM_MAX])
    .clickDistance(4)
    .filter((event: MouseEvent | TouchEvent | WheelEvent) => {
      if (event.type === 'wheel') return true;
      if (event.shiftKey || event.altKey) return false;
      if ('button' in event && event.button !== 0) return false;
      // One finger scrolls the page on a phone, and drags marks everywhere.
      if ('touches' in event && event.touches.length > 1) return true;
      if ('touches' in event && isCompact()) return false;
      return !(event.target as Element).closest('[data-mark]');
    })
    .on('zoom', (event: D3ZoomEvent<SVGSVGElement, unknown>) => {
      if (isFollowing) return;
      const { k, x, y } = event.transform;
      const { width, height, homeScale, home } = camera();
      const scale = homeScale * k;
      onview({
        k,
        x: home.x - (x - (width / 2) * (1 - k)) / scale,
        y: home.y - (y - (height / 2) * (1 - k)) / scale,
      });
    });
  const selection = select(element);
  selection.call(behavior).on('dblclick.zoom', null);

  return {
    follow({ width, height, homeScale, home, view }) {
      behavior.extent([
        [0, 0],
        [width, height],
      ]);
      behavior.translateExtent([
        [0, 0],
        [width, height],
      ]);
      const scale = homeScale * view.k;
      const wanted = zoomIdentity
        .translate(
          (width / 2) * (1 - view.k) + (home.x - view.x) * scale,
          (height / 2) * (1 - view.k) + (home.y - view.y) * scale,
        )
        .scale(view.k);
      const { k, x, y } = zoomTransform(element);
      // What came from here needs no answer, which would disturb a drag.
      if (k === wanted.k && Math.hypot(x - wanted.x, y - wanted.y) < 0.01) return;
      isFollowing = true;
      behavior.transform(selection, wanted);
      isFollowing = false;
    },
    stop() {
      selection.on('.zoom', null);
    },
  };
}

/** Glides from one view to another, or jumps. Returns what stops it. */
export function glide(from: View, to: View, isInstant: boolean, onview: (view: View) => void) {
  if (isInstant) {
    onview(to);
    return () => {};
  }
  const started = performance.now();
  let frame = requestAnimationFrame(function step(now) {
    const part = Math.min(1, (now - started) / 280);
    const share = 1 - (1 - part) ** 3;
    // Even steps of magnification look even; the point that stays put needs x and y to follow k.
    const k = from.k * (to.k / from.k) ** share;
    const along = to.k === from.k ? share : (1 / k - 1 / from.k) / (1 / to.k - 1 / from.k);
    onview(
      part === 1
        ? to
        : { k, x: from.x + (to.x - from.x) * along, y: from.y + (to.y - from.y) * along },
    );
    if (part < 1) frame = requestAnimationFrame(step);
  });
  return () => cancelAnimationFrame(frame);
}
