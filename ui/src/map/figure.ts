// What an exported picture shows over land, dots and lines: sites, clients, rings, labels; and the
// strip below it, where every mark that occurs is explained. All of it as strokes.

import type { RunResult } from '../engine/api';
import { fateKind, fateSite, type FateKind } from '../engine/columns';
import { shapePath, type Mark } from '../model/palette';
import type { Ring } from '../model/track';
import type { Point } from './camera';
import type { Shores } from './land';
import type { LineScene } from './lines';
import { declutter, placeLabels } from './placing';
import type { PointScene } from './points';
import { ASSUMPTIONS, LAYERS, type MapClient, type SiteState } from './props';
import { arcPath, ringMarks, type RingMark } from './rings';
import type { Stroke } from './strokes';
import { siteTitle } from '../model/sites';
import { popText, textWidth } from './text';
import { colorOf, sequential, TOKENS, type Tokens } from './theme';
import { amount } from './words';

export interface Picture {
  points: PointScene;
  lines: LineScene;
  shores: Shores;
  result: RunResult;
  clients: MapClient[];
  rings: Ring[];
  /** In µs. */
  time: number;
}

const POP_RADIUS = 8;
const LINE_PX = 24;
const MARGIN_PX = 14;
/** Between entries of the legend. */
const GAP_PX = 16;

export interface Placed {
  pops: Point[];
  clients: Point[];
  rings: RingMark[];
  labels: ReturnType<typeof placeLabels>;
  texts: string[];
}

export function placed({ lines, clients, result, rings, time }: Picture): Placed {
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
  const at = new Map(clients.map((client, place) => [client.dot, places[place]]));
  const ringed = ringMarks(rings, time, at);
  const labels = placeLabels(
    pops.map(([x, y], site) => ({ x, y, radius: POP_RADIUS, width: textWidth(texts[site]) })),
    places.map(([x, y]) => ({ x, y, radius: 5 })),
    camera.width,
    camera.height,
    ringed.map(({ box }) => box),
  );
  return { pops, clients: places, rings: ringed, labels, texts };
}

/** Sites, clients, rings and labels where they are. */
export function markStrokes(picture: Picture, where: Placed): Stroke[] {
  const { pops, clients, rings, labels, texts } = where;
  const { points, lines, result } = picture;
  const tokens = TOKENS[points.theme];
  const strokes: Stroke[] = [];
  result.sites.forEach((_, site) => {
    const color = colorOf(points.marks[site], points.theme);
    strokes.push(
      ...popStrokes(points.marks[site], lines.siteState[site], color, tokens, pops[site]),
    );
  });
  picture.clients.forEach((client, place) => {
    const color = colorOf(points.marks[fateSite(client.fate)], points.theme);
    strokes.push(...clientStrokes(fateKind(client.fate), color, tokens, clients[place]));
    if (client.isClamped) {
      const [x, y] = clients[place];
      strokes.push(...padlockStrokes(tokens, [x + 12, y + 9]));
    }
  });
  for (const ring of rings) {
    for (const arc of ring.arcs) {
      strokes.push(...ringStrokes(arc.phase, arc.part, tokens, [arc.x, arc.y]));
    }
    const { left, right, bottom } = ring.box;
    const color = ring.phase === 'detecting' ? tokens.warn : tokens.bad;
    const x = (left + right) / 2;
    strokes.push({ text: ring.text, x, y: bottom - 3, color, anchor: 'middle', rim: tokens.sea });
  }
  result.sites.forEach((_, site) => {
    const label = labels[site];
    if (!label) return;
    const isDown = lines.siteState[site].state === 'failed';
    strokes.push({
      text: texts[site],
      x: pops[site][0] + label.dx,
      y: pops[site][1] + label.dy,
      color: isDown ? tokens.bad : tokens.ink,
      anchor: label.anchor,
      rim: tokens.sea,
    });
  });
  return strokes;
}

const circle = (radius: number) => shapePath('circle', radius);

function popStrokes(
  mark: Mark,
  { state, over }: Pick<SiteState, 'state' | 'over'>,
  color: string,
  tokens: Tokens,
  [x, y]: Point,
  radius = POP_RADIUS,
): Stroke[] {
  const d = shapePath(mark.shape, radius);
  const casing: Stroke = { d, x, y, fill: tokens.sea, stroke: tokens.sea, width: 4.5 };
  if (state === 'failed') {
    const reach = radius * 0.46;
    const cross = `M${-reach},${-reach}L${reach},${reach}M${reach},${-reach}L${-reach},${reach}`;
    return [
      { d: circle(radius + 5), x, y, stroke: tokens.bad, width: 1.6, dash: [3.4, 2.6] },
      casing,
      { d, x, y, fill: tokens.sea, stroke: color, width: 2 },
      { d: cross, x, y, stroke: tokens.bad, width: 2.4 },
    ];
  }
  if (state === 'draining') {
    return [
      casing,
      { d, x, y, fill: tokens.sea, stroke: color, width: 2 },
      { d, x, y, fill: color, isHalf: true },
    ];
  }
  const filled: Stroke = { d, x, y, fill: color, stroke: tokens.ink, width: 1 };
  if (!over) return [casing, filled];
  const alarm = `M0,-5L5,4H-5Z`;
  return [
    { d: circle(radius + 5.5), x, y, stroke: tokens.bad, width: 4, dash: [0.1, 5] },
    casing,
    filled,
    { d: alarm, x: x + radius + 5, y: y - radius - 4, fill: tokens.bad },
  ];
}

function clientStrokes(kind: FateKind, color: string, tokens: Tokens, [x, y]: Point): Stroke[] {
  const casing: Stroke = { d: circle(6.2), x, y, fill: tokens.sea };
  switch (kind) {
    case 'served':
      return [casing, { d: circle(4), x, y, fill: color, stroke: tokens.ink, width: 1.3 }];
    case 'stale':
      return [casing, { d: circle(4), x, y, fill: tokens.sea, stroke: tokens.bad, width: 2 }];
    case 'looping':
      return [
        casing,
        { d: circle(4), x, y, fill: tokens.warn },
        { d: circle(7), x, y, stroke: tokens.warn, width: 1.6, dash: [3, 2.5] },
      ];
    case 'no-route': {
      const stroke = tokens['no-route'];
      return [
        casing,
        { d: circle(4.4), x, y, fill: tokens.sea, stroke, width: 1.4 },
        { d: 'M-2,-2L2,2M2,-2L-2,2', x, y, stroke, width: 1.4 },
      ];
    }
  }
}

function padlockStrokes(tokens: Tokens, [x, y]: Point): Stroke[] {
  return [
    { d: 'M-2.2,-0.5V-2.4A2.2,2.2 0 0 1 2.2,-2.4V-0.5', x, y, stroke: tokens.ink, width: 1.5 },
    { d: 'M-3.8,-0.9H3.8V4.8H-3.8Z', x, y, fill: tokens.ink },
  ];
}

function ringStrokes(
  phase: 'detecting' | 'expiring',
  part: number,
  tokens: Tokens,
  [x, y]: Point,
): Stroke[] {
  const isDetecting = phase === 'detecting';
  const d = isDetecting ? arcPath(9, 0, part) : arcPath(9, 1 - part, 1);
  return [{ d, x, y, stroke: isDetecting ? tokens.warn : tokens.bad, width: 3 }];
}

/** One entry of the legend: a drawing 24 px wide, and what it means. */
interface Entry {
  strokes: (at: Point) => Stroke[];
  text: string;
}

/** The marks of the picture that are not simply sites that are up, each that occurs once. */
function stateEntries(picture: Picture): Entry[] {
  const { points, lines, clients } = picture;
  const tokens = TOKENS[points.theme];
  const { track } = points;
  const kinds = new Set<FateKind>();
  for (const fate of new Set(track.fates)) kinds.add(fateKind(fate));
  const states = new Set(lines.siteState.map(({ state }) => state));
  const areDotsFates = !isScale(picture);
  const entries: Entry[] = [];
  const add = (text: string, strokes: Entry['strokes']) => entries.push({ text, strokes });
  const color = tokens.muted;
  const gray: Mark = { slot: 0, shape: 'square', dark: color, light: color };
  const pop = (change: Partial<SiteState>) => (at: Point) =>
    popStrokes(gray, { state: 'up', over: false, ...change }, color, tokens, at, 5);
  const client = (kind: FateKind) => (at: Point) => clientStrokes(kind, color, tokens, at);
  /** With clients a client stands for the fate, else the shape of dots. */
  const fate = (kind: FateKind, text: string, d: string, stroke: string) => {
    if (!kinds.has(kind)) return;
    if (clients.some((one) => fateKind(one.fate) === kind)) add(`client: ${text}`, client(kind));
    if (areDotsFates) add(`dots: ${text}`, ([x, y]) => [{ d, x, y, stroke, width: 2 }]);
  };
  if (clients.length > 0) add('client, in the colour of its PoP', client('served'));
  if (lines.lines.some((line) => line.kind === 'served')) {
    add('served by', ([x, y]) => [
      { d: 'M-11,0H11', x, y, stroke: tokens.ink, width: 1.3, dash: [4, 4] },
    ]);
  }
  fate('stale', 'sent to a PoP or link that is down', 'M-4,-4L4,4M4,-4L-4,4', tokens.bad);
  if (lines.lines.some((line) => line.kind === 'stale' && line.site >= 0)) {
    add('packets lost', ([x, y]) => [
      { d: 'M-11,0H11', x, y, stroke: tokens.bad, width: 2, dash: [0.1, 5] },
    ]);
  }
  fate('looping', 'in a loop', 'M0,-5V5M-5,0H5', tokens.warn);
  fate('no-route', 'no route', 'M-3.5,-3.5H3.5V3.5H-3.5Z', tokens['no-route']);
  if (states.has('failed')) add('PoP down', pop({ state: 'failed' }));
  if (states.has('draining')) add('PoP draining', pop({ state: 'draining' }));
  if (states.has('unannounced')) add('“no BGP”: up, not announced', pop({ state: 'unannounced' }));
  if (lines.siteState.some(({ over }) => over)) add('over capacity', pop({ over: true }));
  const time = picture.time;
  if (picture.rings.some((ring) => time < ring.noticed)) {
    add('health check counts', (at) => ringStrokes('detecting', 0.7, tokens, at));
  }
  if (picture.rings.some((ring) => time >= ring.noticed)) {
    add('DNS answer runs out', (at) => ringStrokes('expiring', 0.7, tokens, at));
  }
  if (clients.some((one) => one.isClamped)) {
    add('resolver keeps answers too long', (at) => padlockStrokes(tokens, at));
  }
  return entries;
}

function siteEntries({ points, result }: Picture): Entry[] {
  return result.sites.map((_, index) => ({
    text: siteTitle(result.sites, index),
    strokes: ([x, y]) => [
      {
        d: shapePath(points.marks[index].shape, 5),
        x,
        y,
        fill: colorOf(points.marks[index], points.theme),
      },
    ],
  }));
}

function isScale({ points }: Picture): boolean {
  return points.layer !== 'catchment' && points.layer !== 'grid';
}

const SCALE_STEPS = 60;

function scaleStrokes({ points }: Picture, x: number, y: number): Stroke[] {
  const ink = TOKENS[points.theme].ink;
  const least = amount(points.scale.min);
  const left = x + textWidth(least) + 8;
  const steps = Array.from({ length: SCALE_STEPS }, (_, step): Stroke => {
    const fill = sequential(step / (SCALE_STEPS - 1), points.theme);
    return { d: 'M0,0H2.3V10H0Z', x: left + 2 * step, y: y - 9, fill };
  });
  const most = `≥ ${amount(points.scale.max)} ${LAYERS[points.layer].unit}`;
  return [
    { text: least, x, y, color: ink },
    ...steps,
    { text: most, x: left + 2 * SCALE_STEPS + 8, y, color: ink },
  ];
}

/** The strip below a picture `width` px wide, from `top` on: legend, `caption`, what is assumed. */
export function footStrokes(
  picture: Picture,
  caption: string[],
  width: number,
  top: number,
): { strokes: Stroke[]; height: number } {
  const tokens = TOKENS[picture.points.theme];
  const strokes: Stroke[] = [];
  let x = MARGIN_PX;
  let y = top + LINE_PX;
  const newLine = () => {
    x = MARGIN_PX;
    y += LINE_PX;
  };
  const say = (text: string, color: string) => {
    strokes.push({ text, x, y, color });
    x += textWidth(text) + GAP_PX;
  };
  const enter = ({ strokes: drawing, text }: Entry) => {
    const wide = 28 + textWidth(text);
    if (x + wide > width - MARGIN_PX && x > MARGIN_PX) newLine();
    strokes.push(...drawing([x + 11, y - 4]));
    x += 28;
    say(text, tokens.ink);
  };
  say(LAYERS[picture.points.layer].name, tokens.ink);
  if (isScale(picture)) {
    strokes.push(...scaleStrokes(picture, x, y));
    newLine();
  }
  siteEntries(picture).forEach(enter);
  newLine();
  stateEntries(picture).forEach(enter);
  for (const text of [...caption, ASSUMPTIONS]) {
    for (const line of wrapped(text, width - 2 * MARGIN_PX)) {
      newLine();
      say(line, tokens.muted);
    }
  }
  return { strokes, height: y - top + 14 };
}

/** Lines of whole words that fit. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
