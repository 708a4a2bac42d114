// Labels of sites, and how wide they are.

import type { SiteState } from './props';

/** The title of a site and, if it is not simply up, why. */
export function popText(name: string, site: SiteState): string {
  if (site.state === 'failed') return `${name} · down`;
  if (site.state === 'draining') return `${name} · draining`;
  if (site.state === 'unannounced') return `${name} · no BGP`;
  if (site.over && site.load && Number.isFinite(site.load.used)) {
    return `${name} ${Math.round(site.load.used * 100)}\u202f%`;
  }
  return name;
}

export const LABEL_FONT =
  "500 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

let context: CanvasRenderingContext2D | null | undefined;
const widths = new Map<string, number>();

/** Width of a label in px; measured once. */
export function textWidth(text: string): number {
  let width = widths.get(text);
  if (width === undefined) {
    context ??= document.createElement('canvas').getContext('2d');
    context!.font = LABEL_FONT;
    width = context!.measureText(text).width;
    if (widths.size > 5000) widths.clear();
    widths.set(text, width);
  }
  return width;
}
