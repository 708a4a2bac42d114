// What is taken out of the page, as text. Every file says which result it is of: scenario hash,
// seed and engine version stand in it, or in its name where its form has no room for a remark.
// Pure: no DOM, no clock.

import { fateKind, fateSite, NONE } from '../engine/columns';
import type { RunReport, RunResult } from '../engine/api';
import { clock } from './format';
import type { Track, World } from './track';

/** Who made it, from what: one line. */
export function provenance(result: RunResult, extra: Record<string, string> = {}): string {
  const parts: Record<string, string> = {
    scenario: result.name,
    hash: result.hash,
    seed: String(result.seed),
    engine: result.engine,
    world: result.world.name,
    ...extra,
  };
  return Object.entries(parts)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

const STEERING = { anycast: 'Anycast', geodns: 'GeoDNS', hybrid: 'GeoDNS over regional anycast' };

/** What stands below a picture: what it is of, when, and what made it. */
export function captionLines(result: RunResult, report: RunReport, time: number): string[] {
  const decision = result.rules.find((rule) => rule.name === 'decision')?.value;
  const rules = decision === 'textbook' ? 'Textbook rules' : 'Policy BGP';
  const now = [result.name, `t = ${clock(time)}`, STEERING[report.steering], rules];
  const from = [
    result.world.name,
    `seed ${result.seed}`,
    `Catchment ${result.engine}`,
    `result ${result.hash.slice(0, 12)}`,
  ];
  return [now.join(' · '), from.join(' · ')];
}

/**
 * What the columns of the table of routes mean where DNS has a part: the engine prints routes of
 * BGP there, whoever DNS names. Null where there is nothing to say.
 */
export function catchmentRemark(report: RunReport): string | null {
  switch (report.steering) {
    case 'anycast':
      return null;
    case 'geodns':
      return (
        'steering=geodns: site is where BGP would take packets to the shared prefix, as under ' +
        'anycast; under GeoDNS clients go to the address of the site that DNS named instead: ' +
        'see the table of clients or the GeoJSON'
      );
    case 'hybrid':
      return (
        'steering=hybrid: site is where BGP takes packets to the prefix of the row; which prefix ' +
        'a client uses is what DNS named: see the table of clients or the GeoJSON'
      );
  }
}

/** `hello-1a2b3c4d-events.csv`. */
export function fileName(result: RunResult, what: string, ending: string): string {
  const name = result.name.replace(/[^\w.-]+/g, '-');
  return `${name}-${result.hash.slice(0, 8)}-seed${result.seed}-${result.engine}-${what}.${ending}`;
}

type Cell = string | number | null;

function cell(value: Cell): string {
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return '';
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csv(remark: string, header: string[], rows: Cell[][]): string {
  const lines = [header, ...rows].map((row) => row.map(cell).join(','));
  return `# ${remark}\n${lines.join('\n')}\n`;
}

const atSeconds = (us: number) => String(us / 1e6);

export function popsCsv(result: RunResult, track: Track, time: number, states: string[]): string {
  const header = [
    'name',
    'city',
    'lat',
    'lon',
    'asn',
    'state',
    'kqps',
    'load_kqps',
    'offered_kqps',
    'used',
    'loss',
    'neighbours',
  ];
  const rows = result.sites.map((site, place): Cell[] => {
    const load = track.load(place, time);
    const neighbors = site.neighbors.map((one) => one.asn).join(' ');
    return [
      site.name,
      site.city,
      site.lat,
      site.lon,
      site.asn,
      states[place],
      site.kqps,
      load.legit,
      load.offered,
      load.used,
      load.loss,
      neighbors,
    ];
  });
  return csv(provenance(result, { time_s: atSeconds(time) }), header, rows);
}

export function clientsCsv(result: RunResult, track: Track, time: number): string {
  const header = ['name', 'asn', 'lat', 'lon', 'weight', 'state', 'site', 'path_length'];
  const rows = result.clients.map((client): Cell[] => {
    const fate = track.fate(client.dot);
    const length = track.lengths[client.dot];
    const site = result.sites[fateSite(fate)]?.name ?? null;
    const known = length === undefined || length === 255 ? null : length;
    return [
      client.name,
      client.asn,
      client.lat,
      client.lon,
      client.weight,
      fateKind(fate),
      site,
      known,
    ];
  });
  return csv(provenance(result, { time_s: atSeconds(time) }), header, rows);
}

/** One JSON object in a line: first what it is of, then everything that changes, by time. */
export function timelineJsonl(
  result: RunResult,
  report: RunReport,
  track: Track,
  world: World,
): string {
  const lines: { at: number; order: number; text: string }[] = [];
  const add = (at: number, order: number, what: Record<string, unknown>) =>
    lines.push({ at, order, text: JSON.stringify({ at_us: at, ...what }) });
  report.events.forEach((event, place) => {
    const site = event.site === null ? null : result.sites[event.site].name;
    add(event.at_us, 0, {
      kind: 'event',
      event: place,
      label: event.label,
      deed: event.deed,
      site,
    });
  });
  track.routeAt.forEach((at, place) => {
    const asn = world.asn[track.routeDot[place]];
    const length = track.routeLength[place];
    add(at, 1, { kind: 'route', asn, path_length: length === 255 ? null : length });
  });
  track.fateAt.forEach((at, place) => {
    const stream = track.fateStream[place];
    const fate = track.fateTo[place];
    const cause = track.fateCause[place];
    const site = result.sites[fateSite(fate)]?.name ?? null;
    const event = cause === 0xffff ? null : cause;
    const share = Number(track.streamShare[stream].toPrecision(6));
    add(at, 2, {
      kind: 'packets',
      asn: world.asn[track.streamDot[stream]],
      share,
      state: fateKind(fate),
      site,
      event,
    });
  });
  lines.sort((a, b) => a.at - b.at || a.order - b.order);
  const head = {
    kind: 'run',
    scenario: result.name,
    hash: result.hash,
    seed: result.seed,
    engine: result.engine,
    steering: report.steering,
  };
  return [JSON.stringify(head), ...lines.map((line) => line.text)].join('\n') + '\n';
}

/** Sites, and all sources of demand with what becomes of their packets, where places are known. */
export function catchmentGeoJson(
  result: RunResult,
  track: Track,
  world: World,
  time: number,
): string {
  const point = (lon: number, lat: number, properties: Record<string, unknown>) => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [round(lon), round(lat)] },
    properties,
  });
  const sites = result.sites
    .filter((site) => site.lat !== null && site.lon !== null)
    .map((site) =>
      point(site.lon!, site.lat!, {
        kind: 'site',
        name: site.name,
        city: site.city,
        asn: site.asn,
      }),
    );
  const clients = new Map(result.clients.map((client) => [client.dot, client]));
  const sources = [...track.sources].flatMap((dot) => {
    const client = clients.get(dot);
    const place = world.place[dot];
    const lat = client?.lat ?? (place === NONE ? null : world.placeLat[place]);
    const lon = client?.lon ?? (place === NONE ? null : world.placeLon[place]);
    if (lat === null || lat === undefined || lon === null || lon === undefined) return [];
    const fate = track.fate(dot);
    const site = result.sites[fateSite(fate)]?.name ?? null;
    const properties = {
      kind: 'source',
      asn: world.asn[dot],
      state: fateKind(fate),
      site,
      weight: world.weight[dot],
    };
    return [point(lon, lat, client ? { ...properties, name: client.name } : properties)];
  });
  const about = {
    scenario: result.name,
    hash: result.hash,
    seed: result.seed,
    engine: result.engine,
    time_s: time / 1e6,
  };
  return JSON.stringify({
    type: 'FeatureCollection',
    catchment: about,
    features: [...sites, ...sources],
  });
}

const round = (degrees: number) => Number(degrees.toFixed(4));
