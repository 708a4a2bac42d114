// The map as a picture that stands alone: with legend, and with what the dots do not say.

import type { RunResult } from '../engine/api';
import { fateKind, fateSite, STALE } from '../engine/columns';
import { shapePath } from '../model/palette';
import { drawBase } from './base';
import type { Point } from './camera';
import type { Shores } from './land';
import { haloRadius, LineLayer, type LineScene } from './lines';
import { declutter, placeLabels } from './placing';
import { PointLayer, type PointScene } from './points';
import { ASSUMPTIONS, LAYERS, type MapClient } from './props';
import { siteTitle } from '../model/sites';
import { LABEL_FONT, popText, textWidth } from './text';
import { colorOf, sequential, TOKENS, withAlpha } from './theme';
import { amount } from './words';

export interface Picture {
  points: PointScene;
  lines: LineScene;
  shores: Shores;
  result: RunResult;
  clients: MapClient[];
}

const POP_RADIUS = 8;
/** Height of the strip with legend and assumptions, in px. */
const FOOT = 64;

export function exportCanvas(picture: Picture, scale: number): HTMLCanvasElement {
  const { points, lines, shores } = picture;
  const { camera, theme } = points;
  const canvas = sized(camera.width * scale, (camera.height + FOOT) * scale);
  const context = canvas.getContext('2d')!;
  const base = sized(camera.width * scale, camera.height * scale);
  drawBase(base.getContext('2d')!, camera, lines.chart, shores, theme, scale);
  context.drawImage(base, 0, 0);
  const dots = sized(camera.width * scale, camera.height * scale);
  new PointLayer().draw(dots, points, scale);
  context.drawImage(dots, 0, 0);
  const upper = sized(camera.width * scale, camera.height * scale);
  new LineLayer().draw(upper.getContext('2d')!, lines, 0, scale);
  context.drawImage(upper, 0, 0);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  drawMarks(context, picture);
  drawFoot(context, picture);
  return canvas;
}

function sized(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width);
  canvas.height = Math.round(height);
  return canvas;
}

interface Placed {
  pops: Point[];
  clients: Point[];
  labels: ReturnType<typeof placeLabels>;
  texts: string[];
}

function placed({ lines, clients, result }: Picture): Placed {
  const { camera, chart, sitePlaces, siteState, clientPlace } = lines;
  const onScreen = (place: Point) => camera.toScreen(chart.project(place));
  const pops = declutter(sitePlaces.map(onScreen), POP_RADIUS * 1.25);
  const places = declutter(
    clients.map((client) => onScreen(clientPlace(client))),
    9,
    pops,
    POP_RADIUS + 7,
  );
  const texts = result.sites.map((_, site) =>
    popText(siteTitle(result.sites, site), siteState[site]),
  );
  const labels = placeLabels(
    pops.map(([x, y], site) => ({ x, y, radius: POP_RADIUS, width: textWidth(texts[site]) })),
    places.map(([x, y]) => ({ x, y, radius: 5 })),
    camera.width,
    camera.height,
  );
  return { pops, clients: places, labels, texts };
}

function drawMarks(context: CanvasRenderingContext2D, picture: Picture): void {
  const { points, lines, result } = picture;
  const tokens = TOKENS[points.theme];
  const { pops, clients, labels, texts } = placed(picture);
  context.lineJoin = 'round';
  context.font = LABEL_FONT;
  result.sites.forEach((_, site) => {
    const [x, y] = pops[site];
    const isDown = lines.siteState[site].state === 'failed';
    const color = colorOf(points.marks[site], points.theme);
    const shape = new Path2D(shapePath(points.marks[site].shape, POP_RADIUS));
    context.translate(x, y);
    context.lineWidth = 4.5;
    context.strokeStyle = tokens.sea;
    context.stroke(shape);
    context.fillStyle = isDown ? tokens.sea : color;
    context.fill(shape);
    context.lineWidth = isDown ? 2 : 1;
    context.strokeStyle = isDown ? color : withAlpha(tokens.ink, 0.55);
    context.stroke(shape);
    if (isDown) {
      context.strokeStyle = tokens.bad;
      context.lineWidth = 2.4;
      context.stroke(new Path2D('M-4,-4L4,4M4,-4L-4,4'));
    }
    const label = labels[site];
    if (label) {
      context.textAlign = label.anchor === 'middle' ? 'center' : label.anchor;
      context.lineWidth = 3.5;
      context.strokeStyle = tokens.sea;
      context.strokeText(texts[site], label.dx, label.dy);
      context.fillStyle = isDown ? tokens.bad : tokens.ink;
      context.fillText(texts[site], label.dx, label.dy);
    }
    context.translate(-x, -y);
  });
  picture.clients.forEach((client, place) => {
    const isServed = fateKind(client.fate) === 'served';
    context.beginPath();
    context.arc(clients[place][0], clients[place][1], 4, 0, 2 * Math.PI);
    context.fillStyle = isServed
      ? colorOf(points.marks[fateSite(client.fate)], points.theme)
      : tokens.sea;
    context.fill();
    context.lineWidth = isServed ? 1.3 : 2;
    context.strokeStyle = isServed ? tokens.ink : tokens.bad;
    context.stroke();
  });
}

function drawFoot(context: CanvasRenderingContext2D, picture: Picture): void {
  const { points, result } = picture;
  const { width, height } = points.camera;
  const tokens = TOKENS[points.theme];
  context.fillStyle = tokens.card;
  context.fillRect(0, height, width, FOOT);
  context.textAlign = 'start';
  context.font = LABEL_FONT;
  let x = 14;
  context.fillStyle = tokens.ink;
  const title = LAYERS[points.layer].name;
  context.fillText(title, x, height + 25);
  x += textWidth(title) + 16;
  if (points.layer === 'catchment' || points.layer === 'grid') {
    result.sites.forEach((_, index) => {
      const name = siteTitle(result.sites, index);
      if (x + textWidth(name) + 24 > width) return;
      context.translate(x + 6, height + 21);
      context.fillStyle = colorOf(points.marks[index], points.theme);
      context.fill(new Path2D(shapePath(points.marks[index].shape, 5)));
      context.translate(-x - 6, -height - 21);
      context.fillStyle = tokens.ink;
      context.fillText(name, x + 16, height + 25);
      x += textWidth(name) + 30;
    });
  } else {
    for (let step = 0; step < 60; step += 1) {
      context.fillStyle = sequential(step / 59, points.theme);
      context.fillRect(x + 60 + step * 2, height + 15, 2.2, 10);
    }
    context.fillStyle = tokens.ink;
    context.fillText(amount(points.scale.min), x, height + 25);
    const most = `${amount(points.scale.max)} ${LAYERS[points.layer].unit}`;
    context.fillText(most, x + 190, height + 25);
  }
  context.fillStyle = tokens.muted;
  context.fillText(footLine(picture), 14, height + 50);
}

function footLine({ result }: Picture): string {
  return `${result.name} · ${result.world.name} · ${result.hash.slice(0, 12)} · Catchment ${result.engine} · ${ASSUMPTIONS}`;
}

export function exportSvg(picture: Picture): string {
  const { points, lines, shores, result } = picture;
  const { camera, theme, marks } = points;
  const { chart, sitePlaces, siteState } = lines;
  const tokens = TOKENS[theme];
  const { width, height, scale, offsetX, offsetY } = camera;
  const dots = sized(width * 2, height * 2);
  new PointLayer().draw(dots, points, 2);
  const { pops, clients, labels, texts } = placed(picture);
  const parts: string[] = [];
  const add = (text: string) => parts.push(text);
  add(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + FOOT}" viewBox="0 0 ${width} ${height + FOOT}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="12">`,
  );
  add(`<title>${escaped(result.question || result.name)}</title>`);
  add(`<desc>${escaped(footLine(picture))}</desc>`);
  add(`<clipPath id="pane"><rect width="${width}" height="${height}"/></clipPath>`);
  add(`<rect width="${width}" height="${height + FOOT}" fill="${tokens.sea}"/>`);
  add(`<g clip-path="url(#pane)">`);
  const plane = `transform="translate(${offsetX},${offsetY}) scale(${scale})" vector-effect="non-scaling-stroke"`;
  if (chart.isMap) {
    add(
      `<path d="${shores.land}" fill="${tokens.land}" stroke="${tokens.border}" stroke-width="0.7" ${plane}/>`,
    );
    add(
      `<path d="${shores.borders}" fill="none" stroke="${tokens.border}" stroke-opacity=".45" stroke-width="0.5" ${plane}/>`,
    );
  }
  add(`<image width="${width}" height="${height}" href="${dots.toDataURL('image/png')}"/>`);
  sitePlaces.forEach((_, site) => {
    if (siteState[site].state === 'failed') return;
    const radius = haloRadius(siteState[site].share, sitePlaces.length, width);
    const color = colorOf(marks[site], theme);
    for (const [part, alpha] of [
      [0.62, 0.12],
      [0.4, 0.18],
    ]) {
      add(
        `<circle cx="${n(pops[site][0])}" cy="${n(pops[site][1])}" r="${n(radius * part)}" fill="${color}" fill-opacity="${alpha}"/>`,
      );
    }
  });
  for (const line of lines.lines) {
    if (line.site < 0) continue;
    const isServed = line.kind === 'served';
    const color = isServed ? colorOf(marks[line.site], theme) : tokens.bad;
    const dash = isServed ? '5 5' : '0.1 5';
    const dashes = dash.split(' ').map((px) => Number(px) / scale);
    add(
      `<path d="${chart.arc(line.from, sitePlaces[line.site])}" fill="none" stroke="${color}" stroke-width="${1.2 / scale}" stroke-linecap="round" stroke-dasharray="${dashes.join(' ')}" transform="translate(${offsetX},${offsetY}) scale(${scale})"/>`,
    );
  }
  result.sites.forEach((_, site) => {
    const isDown = siteState[site].state === 'failed';
    const color = colorOf(marks[site], theme);
    const shape = shapePath(marks[site].shape, POP_RADIUS);
    add(`<g transform="translate(${n(pops[site][0])},${n(pops[site][1])})">`);
    add(`<path d="${shape}" fill="${tokens.sea}" stroke="${tokens.sea}" stroke-width="4.5"/>`);
    add(
      `<path d="${shape}" fill="${isDown ? tokens.sea : color}" stroke="${isDown ? color : tokens.ink}" stroke-width="1.2"/>`,
    );
    if (isDown) {
      add(`<path d="M-4,-4L4,4M4,-4L-4,4" stroke="${tokens.bad}" stroke-width="2.4"/>`);
    }
    const label = labels[site];
    if (label) {
      add(
        `<text x="${n(label.dx)}" y="${n(label.dy)}" text-anchor="${label.anchor}" fill="${isDown ? tokens.bad : tokens.ink}" stroke="${tokens.sea}" stroke-width="3.5" paint-order="stroke">${escaped(texts[site])}</text>`,
      );
    }
    add('</g>');
  });
  picture.clients.forEach((client, place) => {
    const color = client.fate < STALE ? colorOf(marks[fateSite(client.fate)], theme) : tokens.sea;
    add(
      `<circle cx="${n(clients[place][0])}" cy="${n(clients[place][1])}" r="4" fill="${color}" stroke="${client.fate < STALE ? tokens.ink : tokens.bad}" stroke-width="1.3"/>`,
    );
  });
  add('</g>');
  add(`<rect y="${height}" width="${width}" height="${FOOT}" fill="${tokens.card}"/>`);
  let x = 14;
  if (points.layer === 'catchment' || points.layer === 'grid') {
    result.sites.forEach((_, index) => {
      const name = siteTitle(result.sites, index);
      add(
        `<path d="${shapePath(marks[index].shape, 5)}" transform="translate(${x + 6},${height + 21})" fill="${colorOf(marks[index], theme)}"/>`,
      );
      add(`<text x="${x + 16}" y="${height + 25}" fill="${tokens.ink}">${escaped(name)}</text>`);
      x += n(textWidth(name) + 30);
    });
  } else {
    const { name, unit } = LAYERS[points.layer];
    const range = `${name}: ${amount(points.scale.min)} to ${amount(points.scale.max)} ${unit}`;
    add(`<text x="14" y="${height + 25}" fill="${tokens.ink}">${escaped(range)}</text>`);
  }
  add(
    `<text x="14" y="${height + 50}" fill="${tokens.muted}">${escaped(footLine(picture))}</text>`,
  );
  add('</svg>');
  return parts.join('\n');
}

function n(value: number): number {
  return Math.round(value * 100) / 100;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
