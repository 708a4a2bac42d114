// What a small picture of a scenario shows: its sites, and where its clients go before anything
// happens. The engine is asked once a session, one scenario after the other; scenarios that differ
// only in what happens later share an answer. Generated Internets take too long to ask for a
// picture: of these only the sites are shown.

import type { ScenarioDoc } from '../engine/api';
import { NONE, STALE, type Columns } from '../engine/columns';
import * as engine from '../engine/http';
import type { Point } from '../map/camera';
import { assignMarks, type Mark } from '../model/palette';
import { scatter } from '../model/scatter';
import { readWorld } from '../model/track';

export interface Tiny {
  /** Whether places are degrees east and north; else they are in a disc of radius 1. */
  isMap: boolean;
  sites: { at: Point; mark: Mark }[];
  /** `site` is -1 for clients without service. */
  clients: { at: Point; site: number }[];
}

/** The parts of a scenario that decide who goes where at t = 0; all others are taken out. */
export function beginning(doc: ScenarioDoc): ScenarioDoc {
  const { event: _, compare: __, question: ___, look_for: ____, attack: _____, ...rest } = doc;
  return { ...rest, name: 'thumbnail' };
}

const known = new Map<string, Promise<Tiny>>();
/** The pictures that were asked for come one after the other: somebody may be working meanwhile. */
let last: Promise<unknown> = Promise.resolve();

/** The picture of a scenario; asked for once, unless it was called off or failed. */
export function tinyOf(doc: ScenarioDoc, isLarge: boolean, signal: AbortSignal): Promise<Tiny> {
  const start = beginning(doc);
  const key = JSON.stringify(start);
  const before = known.get(key);
  if (before) return before;
  const picture = last.then(() => {
    signal.throwIfAborted();
    return isLarge ? sitesOnly(start) : played(start, signal);
  });
  last = picture.catch(() => undefined);
  known.set(key, picture);
  picture.catch(() => known.delete(key));
  return picture;
}

async function sitesOnly(doc: ScenarioDoc): Promise<Tiny> {
  const cities = new Map((await engine.cities()).map((city) => [city.code, city]));
  const found = (doc.site ?? []).flatMap((site) => {
    const city = site.city === undefined ? undefined : cities.get(site.city);
    const [lat, lon] = site.at ?? (city ? [city.lat, city.lon] : []);
    return lat === undefined || lon === undefined ? [] : [{ lat, lon, region: '' }];
  });
  const marks = assignMarks({ sites: found } as unknown as Parameters<typeof assignMarks>[0]);
  const sites = found.map(({ lat, lon }, place) => ({
    at: [lon, lat] as Point,
    mark: marks[place],
  }));
  return { isMap: true, sites, clients: [] };
}

async function played(doc: ScenarioDoc, signal: AbortSignal): Promise<Tiny> {
  const result = await engine.play(doc, [doc.steering ?? 'anycast'], () => undefined, signal);
  const { hash } = result;
  const [timeline, columns] = await Promise.all([
    engine.timeline(hash, 0, signal),
    engine.world(hash, signal),
  ]);
  const world = readWorld(result.world.id, columns);
  const layout = scatter(world, null);
  const fates = startFates(timeline, world.asn.length);
  const isMap = layout.isMap;
  const at = (one: { lat: number | null; lon: number | null; dot: number }): Point =>
    isMap && one.lat !== null && one.lon !== null
      ? [one.lon, one.lat]
      : [layout.x[one.dot] ?? 0, layout.y[one.dot] ?? 0];
  const marks = assignMarks(result);
  const sources = result.world.has_clients
    ? result.clients
    : [...world.weight.keys()].flatMap((dot) =>
        world.weight[dot] > 0 ? [{ lat: null, lon: null, dot }] : [],
      );
  return {
    isMap,
    sites: result.sites.map((site, place) => ({ at: at(site), mark: marks[place] })),
    clients: sources.map((one) => ({ at: at(one), site: fates[one.dot] })),
  };
}

/** The site of the largest stream of each dot at t = 0; -1 for those without service. */
export function startFates(columns: Columns, dots: number): Int32Array {
  const { stream_dot: dot, stream_share: share, stream_start: start } = columns;
  const main = new Uint32Array(dots).fill(NONE);
  dot.forEach((which, stream) => {
    if (main[which] === NONE || share[stream] > share[main[which]]) main[which] = stream;
  });
  return Int32Array.from(main, (stream) => {
    const fate = stream === NONE ? STALE : start[stream];
    return fate < STALE ? fate : -1;
  });
}
