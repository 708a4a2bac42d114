// The upper canvas: who is served by whom now. Dashes drift towards the site; a line that changed
// within the last second is solid and thick; packets that get lost are dotted and red.

import { fateKind, fateSite, type FateKind } from '../engine/columns';
import type { Track } from '../model/track';
import type { Mark, Theme } from '../model/palette';
import type { Camera, Chart, Point } from './camera';
import type { MapClient, Reduction, SiteState } from './props';
import { colorOf, lightened, TOKENS, withAlpha } from './theme';

/** One line to draw: from a client to the site that its packets go to. */
export interface Line {
  key: string;
  from: Point;
  /** -1 if packets go nowhere. */
  site: number;
  kind: FateKind;
  /** Share of the client's packets, or number of clients where lines are bundled. */
  strength: number;
}

/** More lines than this are bundled by region. */
const LINES_MAX = 400;
/** With most lines dropped, this many are left. */
const LINES_REDUCED = 500;
const DRIFT_PX_PER_S = 12;
const DASH = [5, 5];
const CHANGED_MS = 1000;
const MORPH_MS = 300;

interface Known {
  site: number;
  kind: FateKind;
  before: number;
  since: number;
}

export interface LineScene {
  camera: Camera;
  chart: Chart;
  lines: Line[];
  /** Clients that are too many for the SVG. */
  clients: MapClient[];
  clientPlace: (client: MapClient) => Point;
  marks: Mark[];
  sitePlaces: Point[];
  siteState: SiteState[];
  /** Colours of dots do not mean sites: halos step back. */
  areDotsValues: boolean;
  hidden: ReadonlySet<number>;
  hoveredSite: number | null;
  theme: Theme;
  reducedMotion: boolean;
  reduction: Reduction;
}

/** The lines of all clients; one for each stream that has a site to go to. */
export function linesOf(
  clients: MapClient[],
  placeOf: (client: MapClient) => Point,
  against?: Track,
): Line[] {
  const lines: Line[] = [];
  for (const client of clients) {
    if (against?.fate(client.dot) === client.fate) continue;
    const from = placeOf(client);
    client.streams.forEach((stream, place) => {
      if (stream.share < 0.02) return;
      const key = `${client.key}/${place}`;
      const kind = fateKind(stream.fate);
      lines.push({ key, from, site: fateSite(stream.fate), kind, strength: stream.share });
    });
  }
  return lines.length > LINES_MAX ? bundle(lines) : lines;
}

/** One line for each square of ten degrees, site and kind of fate. */
function bundle(lines: Line[]): Line[] {
  const bundles = new Map<string, Line & { sum: Point; count: number }>();
  for (const line of lines) {
    const square = `${Math.round(line.from[0] / 10)},${Math.round(line.from[1] / 10)}`;
    const key = `bundle ${square} ${line.site} ${line.kind}`;
    const found = bundles.get(key);
    if (!found) {
      bundles.set(key, { ...line, key, sum: [line.from[0], line.from[1]], count: 1 });
      continue;
    }
    found.sum[0] += line.from[0];
    found.sum[1] += line.from[1];
    found.count += 1;
  }
  return [...bundles.values()].map((found) => ({
    key: found.key,
    from: [found.sum[0] / found.count, found.sum[1] / found.count],
    site: found.site,
    kind: found.kind,
    strength: Math.min(4, Math.sqrt(found.count)),
  }));
}

export class LineLayer {
  private readonly known = new Map<string, Known>();
  private readonly paths = new Map<string, Path2D>();
  private readonly glows = new Map<string, HTMLCanvasElement>();
  /** Until when something moves that is not drift. */
  private busyUntil = 0;

  /** Whether the next frame will look different even if nothing changes. */
  isMoving(scene: LineScene, now: number): boolean {
    if (now < this.busyUntil) return true;
    return (
      !scene.reducedMotion && scene.reduction < 2 && (scene.lines.length > 0 || scene.reduction < 1)
    );
  }

  /** Whether a line is changing shape, so that every frame counts. */
  isBusy(now: number): boolean {
    return now < this.busyUntil;
  }

  draw(context: CanvasRenderingContext2D, scene: LineScene, now: number, ratio: number): void {
    const { camera } = scene;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    if (scene.reduction < 1) this.drawGlows(context, scene, now);
    context.lineCap = 'round';
    const kept = scene.reduction < 3 ? scene.lines : scene.lines.slice(0, LINES_REDUCED);
    for (const line of kept) this.drawLine(context, scene, line, now, ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.setLineDash([]);
    context.globalAlpha = 1;
    drawClients(context, scene);
  }

  private drawLine(
    context: CanvasRenderingContext2D,
    scene: LineScene,
    line: Line,
    now: number,
    ratio: number,
  ): void {
    const { camera, chart, sitePlaces, theme } = scene;
    const known = this.follow(line, now);
    const age = now - known.since;
    const isFresh = age < CHANGED_MS;
    if (age < 600 && !scene.reducedMotion) this.drawPing(context, scene, line, age, ratio);
    if (line.site < 0 || line.site >= sitePlaces.length) return;
    const to = sitePlaces[line.site];
    const isMorphing = age < MORPH_MS && known.before >= 0 && !scene.reducedMotion;
    const path = isMorphing
      ? new Path2D(
          chart.arc(
            line.from,
            chart.between(sitePlaces[known.before] ?? to, to, eased(age / MORPH_MS)),
          ),
        )
      : this.pathTo(chart, line.from, line.site, to);
    const { scale } = camera;
    const tokens = TOKENS[theme];
    const isServed = line.kind === 'served';
    const plain = isServed ? colorOf(scene.marks[line.site], theme) : tokens.bad;
    const color = theme === 'dark' ? lightened(plain, 0.22) : plain;
    const dim =
      scene.hidden.has(line.site) ||
      (scene.hoveredSite !== null && scene.hoveredSite !== line.site);
    context.setTransform(
      ratio * scale,
      0,
      0,
      ratio * scale,
      ratio * camera.offsetX,
      ratio * camera.offsetY,
    );
    context.strokeStyle = color;
    const thin = (theme === 'dark' ? 1.15 : 1.3) * Math.max(0.7, Math.min(2.4, line.strength));
    const fade = isFresh ? 1 - age / CHANGED_MS : 0;
    context.globalAlpha = dim ? 0.12 : isFresh ? 1 : 0.82;
    context.lineWidth = (thin + 1.6 * fade) / scale;
    if (!isServed) {
      context.lineWidth = 2 / scale;
      context.setLineDash([0.1 / scale, 5 / scale]);
      context.lineDashOffset = 0;
    } else if (isFresh) {
      context.setLineDash([]);
    } else {
      context.setLineDash(DASH.map((px) => px / scale));
      const drifts = !scene.reducedMotion && scene.reduction < 2;
      const drift = drifts ? ((now / 1000) * DRIFT_PX_PER_S) % (DASH[0] + DASH[1]) : 0;
      context.lineDashOffset = -drift / scale;
    }
    if (scene.reduction < 1 && !dim) {
      // A dark rim keeps a line apart from dots of its own colour.
      const width = context.lineWidth;
      context.strokeStyle = tokens.sea;
      context.globalAlpha = 0.55;
      context.lineWidth = width + 2.4 / scale;
      context.stroke(path);
      context.strokeStyle = color;
      context.globalAlpha = isFresh ? 1 : 0.92;
      context.lineWidth = width;
    }
    context.stroke(path);
    if (!isServed) drawLoss(context, scene, line, to, ratio);
  }

  /** Notes when a line got the site that it has. */
  private follow(line: Line, now: number): Known {
    const known = this.known.get(line.key);
    if (!known) {
      const made = { site: line.site, kind: line.kind, before: -1, since: -Infinity };
      this.known.set(line.key, made);
      return made;
    }
    if (known.site !== line.site || known.kind !== line.kind) {
      known.before = known.site;
      known.site = line.site;
      known.kind = line.kind;
      known.since = now;
      this.busyUntil = now + CHANGED_MS;
    }
    return known;
  }

  private pathTo(chart: Chart, from: Point, site: number, to: Point): Path2D {
    const key = `${chart.isMap}${from[0]},${from[1]},${to[0]},${to[1]},${site}`;
    let path = this.paths.get(key);
    if (!path) {
      // Bounded, in case somebody drags clients around for an hour.
      if (this.paths.size > 20_000) this.paths.clear();
      path = new Path2D(chart.arc(from, to));
      this.paths.set(key, path);
    }
    return path;
  }

  /** A ripple where a client has just moved to another site. */
  private drawPing(
    context: CanvasRenderingContext2D,
    scene: LineScene,
    line: Line,
    age: number,
    ratio: number,
  ): void {
    const [x, y] = scene.camera.toScreen(scene.chart.project(line.from));
    const tokens = TOKENS[scene.theme];
    const part = age / 600;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.setLineDash([]);
    context.globalAlpha = 0.7 * (1 - part);
    context.lineWidth = 1.5;
    context.strokeStyle =
      line.kind === 'served' ? colorOf(scene.marks[line.site], scene.theme) : tokens.bad;
    context.beginPath();
    context.arc(x, y, 5 + 15 * eased(part), 0, 2 * Math.PI);
    context.stroke();
  }

  /** Two soft halos around each site that serves; the larger its share, the wider. */
  private drawGlows(context: CanvasRenderingContext2D, scene: LineScene, now: number): void {
    const { camera, chart, sitePlaces, siteState, marks, theme } = scene;
    context.globalCompositeOperation = theme === 'dark' ? 'lighter' : 'source-over';
    sitePlaces.forEach((place, site) => {
      const { state, share } = siteState[site];
      if (state === 'failed' || state === 'unannounced' || scene.hidden.has(site)) return;
      const [x, y] = camera.toScreen(chart.project(place));
      const pulse =
        scene.reducedMotion || scene.reduction > 1 ? 0 : Math.sin(now / 900 + site * 1.7);
      const radius = haloRadius(share, sitePlaces.length, camera.width) * (1 + 0.04 * pulse);
      const dim = scene.hoveredSite !== null && scene.hoveredSite !== site;
      const strength = dim ? 0.25 : scene.areDotsValues ? 0.35 : 1;
      context.globalAlpha = strength * (state === 'draining' ? 0.5 : 0.92 + 0.08 * pulse);
      const glow = this.glow(colorOf(marks[site], theme), theme);
      context.drawImage(glow, x - radius, y - radius, 2 * radius, 2 * radius);
      // The inner halo has an edge: its width can be read as share.
      context.globalAlpha *= 0.4;
      context.lineWidth = 1;
      context.strokeStyle = lightened(colorOf(marks[site], theme), theme === 'dark' ? 0.3 : 0);
      context.beginPath();
      context.arc(x, y, radius * 0.62, 0, 2 * Math.PI);
      context.stroke();
    });
    context.globalCompositeOperation = 'source-over';
    context.globalAlpha = 1;
  }

  private glow(color: string, theme: Theme): HTMLCanvasElement {
    const key = `${theme}${color}`;
    let glow = this.glows.get(key);
    if (!glow) {
      glow = document.createElement('canvas');
      glow.width = glow.height = 160;
      const context = glow.getContext('2d')!;
      const shade = context.createRadialGradient(80, 80, 0, 80, 80, 80);
      const strength = theme === 'dark' ? 1 : 0.62;
      // Lighter than its dots, or it would be lost among them.
      const core = lightened(color, theme === 'dark' ? 0.45 : 0.25);
      shade.addColorStop(0, withAlpha(core, 0.95 * strength));
      shade.addColorStop(0.2, withAlpha(core, 0.62 * strength));
      shade.addColorStop(0.42, withAlpha(color, 0.4 * strength));
      shade.addColorStop(0.7, withAlpha(color, 0.14 * strength));
      shade.addColorStop(1, withAlpha(color, 0));
      context.fillStyle = shade;
      context.fillRect(0, 0, 160, 160);
      this.glows.set(key, glow);
    }
    return glow;
  }
}

export function haloRadius(share: number, sites: number, width: number): number {
  const fitting = Math.min(1, Math.max(0.62, width / 900));
  const smallest = sites > 24 ? 12 : 26;
  return fitting * (smallest + 40 * Math.sqrt(Math.min(1, Math.max(0, share))));
}

/** Clients as plain discs. */
function drawClients(context: CanvasRenderingContext2D, scene: LineScene): void {
  const { camera, chart, clientPlace, marks, theme } = scene;
  const tokens = TOKENS[theme];
  context.lineWidth = 1.2;
  for (const client of scene.clients) {
    const [x, y] = camera.toScreen(chart.project(clientPlace(client)));
    const isServed = fateKind(client.fate) === 'served';
    context.beginPath();
    context.arc(x, y, 3.4, 0, 2 * Math.PI);
    context.fillStyle = isServed ? colorOf(marks[fateSite(client.fate)], theme) : tokens.sea;
    context.fill();
    context.strokeStyle = isServed ? tokens.ink : tokens.bad;
    context.stroke();
  }
}

function drawLoss(
  context: CanvasRenderingContext2D,
  { camera, chart, theme }: LineScene,
  line: Line,
  to: Point,
  ratio: number,
): void {
  const [x, y] = camera.toScreen(chart.project(chart.between(line.from, to, 0.88)));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.setLineDash([]);
  context.strokeStyle = TOKENS[theme].bad;
  context.lineWidth = 1.8;
  context.beginPath();
  context.moveTo(x - 3, y - 3);
  context.lineTo(x + 3, y + 3);
  context.moveTo(x + 3, y - 3);
  context.lineTo(x - 3, y + 3);
  context.stroke();
}

function eased(part: number): number {
  return 1 - (1 - Math.min(1, Math.max(0, part))) ** 3;
}
