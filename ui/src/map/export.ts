// The map as a picture that stands alone: with a legend of all marks that occur, with what it is of,
// and with what the dots do not say.

import { drawBase } from './base';
import { footStrokes, markStrokes, placed, type Picture } from './figure';
import { haloRadius, LineLayer } from './lines';
import { PointLayer } from './points';
import { drawStrokes, escaped, round, svgOf } from './strokes';
import { colorOf, TOKENS } from './theme';

/** The map, and below it legend and caption. */
export function exportCanvas(picture: Picture, caption: string[], scale: number) {
  const { points, lines, shores } = picture;
  const { camera, theme } = points;
  const { width, height } = camera;
  const foot = footStrokes(picture, caption, width, height);
  const canvas = sized(width * scale, (height + foot.height) * scale);
  const context = canvas.getContext('2d')!;
  const base = sized(width * scale, height * scale);
  drawBase(base.getContext('2d')!, camera, lines.chart, shores, theme, scale);
  context.drawImage(base, 0, 0);
  const dots = sized(width * scale, height * scale);
  new PointLayer().draw(dots, points, scale);
  context.drawImage(dots, 0, 0);
  const upper = sized(width * scale, height * scale);
  // Clients are drawn with the marks, whatever their number.
  new LineLayer().draw(upper.getContext('2d')!, { ...lines, clients: [] }, 0, scale);
  context.drawImage(upper, 0, 0);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.save();
  context.beginPath();
  context.rect(0, 0, width, height);
  context.clip();
  drawStrokes(context, markStrokes(picture, placed(picture)));
  context.restore();
  context.fillStyle = TOKENS[theme].card;
  context.fillRect(0, height, width, foot.height);
  drawStrokes(context, foot.strokes);
  return canvas;
}

/** The strip alone, for a picture of something else. */
export function footCanvas(picture: Picture, caption: string[], width: number, scale: number) {
  const foot = footStrokes(picture, caption, width, 0);
  const canvas = sized(width * scale, foot.height * scale);
  const context = canvas.getContext('2d')!;
  context.fillStyle = TOKENS[picture.points.theme].card;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  drawStrokes(context, foot.strokes);
  return canvas;
}

export function sized(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width);
  canvas.height = Math.round(height);
  return canvas;
}

/** The same as SVG: land, lines, sites and labels as vectors, dots as an image. */
export function exportSvg(picture: Picture, caption: string[]): string {
  const { points, lines, shores, result } = picture;
  const { camera, theme, marks } = points;
  const { chart, sitePlaces, siteState } = lines;
  const tokens = TOKENS[theme];
  const { width, height, scale, offsetX, offsetY } = camera;
  const dots = sized(width * 2, height * 2);
  new PointLayer().draw(dots, points, 2);
  const places = placed(picture);
  const foot = footStrokes(picture, caption, width, height);
  const whole = height + foot.height;
  const parts: string[] = [];
  const add = (text: string) => parts.push(text);
  const font = `font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="12"`;
  const size = `width="${width}" height="${whole}" viewBox="0 0 ${width} ${whole}"`;
  add(`<svg xmlns="http://www.w3.org/2000/svg" ${size} ${font}>`);
  add(`<title>${escaped(result.question || result.name)}</title>`);
  add(`<desc>${escaped(caption.join(' · '))}</desc>`);
  add(`<clipPath id="pane"><rect width="${width}" height="${height}"/></clipPath>`);
  add(`<rect width="${width}" height="${whole}" fill="${tokens.sea}"/>`);
  add(`<g clip-path="url(#pane)">`);
  const toPane = `transform="translate(${offsetX},${offsetY}) scale(${scale})"`;
  if (chart.isMap) {
    const plane = `${toPane} vector-effect="non-scaling-stroke"`;
    const land = `fill="${tokens.land}" stroke="${tokens.border}" stroke-width="0.7"`;
    add(`<path d="${shores.land}" ${land} ${plane}/>`);
    const border = `fill="none" stroke="${tokens.border}" stroke-opacity=".45" stroke-width="0.5"`;
    add(`<path d="${shores.borders}" ${border} ${plane}/>`);
  }
  add(`<image width="${width}" height="${height}" href="${dots.toDataURL('image/png')}"/>`);
  sitePlaces.forEach((_, site) => {
    const { state, share } = siteState[site];
    if (state === 'failed' || state === 'unannounced') return;
    const radius = haloRadius(share, sitePlaces.length, width);
    const color = colorOf(marks[site], theme);
    const [x, y] = places.pops[site].map(round);
    for (const [part, alpha] of [
      [0.62, 0.12],
      [0.4, 0.18],
    ]) {
      const r = round(radius * part);
      add(`<circle cx="${x}" cy="${y}" r="${r}" fill="${color}" fill-opacity="${alpha}"/>`);
    }
  });
  for (const line of lines.lines) {
    if (line.site < 0) continue;
    const isServed = line.kind === 'served';
    const color = isServed ? colorOf(marks[line.site], theme) : tokens.bad;
    const dash = (isServed ? [5, 5] : [0.1, 5]).map((px) => px / scale).join(' ');
    const look = `fill="none" stroke="${color}" stroke-linecap="round" stroke-dasharray="${dash}"`;
    const wide = (isServed ? 1.2 : 2) / scale;
    const d = chart.arc(line.from, sitePlaces[line.site]);
    add(`<path d="${d}" ${look} stroke-width="${wide}" ${toPane}/>`);
  }
  add(svgOf(markStrokes(picture, places)));
  add('</g>');
  add(`<rect y="${height}" width="${width}" height="${foot.height}" fill="${tokens.card}"/>`);
  add(svgOf(foot.strokes));
  add('</svg>');
  return parts.join('\n');
}
