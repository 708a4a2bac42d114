// The state of the page in the fragment of its address, which no browser sends to a server.
//
// Short form, readable, for a scenario of the library with a few edits:
//   #simulate?s=frankfurt-fails&m=geodns&e=0:fail:fra,30:up:fra&c=51.5,-0.1&t=4.2&layer=rtt&v=1
// Full form, for everything else: z=<base64url(deflate-raw(JSON of the scenario))>.

import type { ClientDoc, EventDoc, ScenarioDoc } from '../engine/api';
import { isChanges, type Change } from './changes';
import { parseDuration, writeDuration } from './duration';
import { equal, events, timeOf } from './scenario';

export type Mode = 'anycast' | 'geodns' | 'hybrid' | 'compare';
export const MODES: readonly Mode[] = ['anycast', 'geodns', 'hybrid', 'compare'];

export const LAYERS = [
  'catchment',
  'rtt',
  'inflation',
  'length',
  'recovery',
  'ties',
  'stability',
  'grid',
] as const;
export type Layer = (typeof LAYERS)[number];

/** Views of one scenario. */
export type Screen = 'simulate' | 'plan';

/** What a link says. Whatever is missing is as it would be without a link. */
export interface Link {
  screen?: Screen;
  /** A scenario of the library, by name. */
  scenario?: string;
  /** A whole scenario; goes before `scenario`. */
  doc?: ScenarioDoc;
  mode?: Mode;
  /** In a comparison: GeoDNS first. */
  swap?: boolean;
  /** What a plan changes. */
  changes?: Change[];
  /** Replace the events of the scenario. */
  events?: EventDoc[];
  /** New clients, as degrees north and east. */
  clients?: [number, number][];
  /** The rule set, if not that of the scenario. */
  decision?: string;
  /** In µs. */
  time?: number;
  /** Selected: `c:NAME` for a client, `as:ASN` for a network. */
  selected?: string;
  layer?: Layer;
  theme?: 'dark' | 'light';
  embed?: boolean;
  /** Hash of the result that the sender saw, and the engine's version. */
  hash?: string;
  engine?: string;
}

/** A link, and the parts of its address that were not understood. */
export interface ReadLink {
  link: Link;
  ignored: string[];
}

const VERSION = '1';
/** How much is repeated of what was not understood. */
const LEFT_OUT_MAX = 40;
/** Longer links do not survive mail programs and chat. */
export const LINK_MAX = 8000;

/** Reads a fragment such as `#simulate?s=hello&t=4.2`. */
export async function readLink(fragment: string): Promise<ReadLink> {
  const [screen, ...rest] = fragment.replace(/^#/, '').split('?');
  const link: Link = {};
  const ignored: string[] = [];
  if (screen === 'plan') link.screen = 'plan';
  else if (screen === 'compare') link.mode = 'compare';
  else if (screen !== '' && screen !== 'simulate')
    ignored.push(`#${screen.slice(0, LEFT_OUT_MAX)}`);
  for (const [key, value] of new URLSearchParams(rest.join('?'))) {
    if (!(await readPart(link, key, value))) ignored.push(`${key}=${value.slice(0, LEFT_OUT_MAX)}`);
  }
  return { link, ignored };
}

async function readPart(link: Link, key: string, value: string): Promise<boolean> {
  switch (key) {
    case 's':
      link.scenario = value;
      return value !== '';
    case 'z': {
      const doc = await inflate(value);
      if (doc) link.doc = doc;
      return doc !== null;
    }
    case 'm':
      if (!MODES.includes(value as Mode)) return false;
      link.mode = value as Mode;
      return true;
    case 'swap':
      link.swap = value === '1';
      return true;
    case 'ch': {
      const list = await inflated(value);
      if (!isChanges(list)) return false;
      link.changes = list;
      return true;
    }
    case 'e': {
      const list = readEvents(value);
      if (list) link.events = list;
      return list !== null;
    }
    case 'c': {
      const pairs = value.split(';').map((pair) => pair.split(',').map(Number));
      if (!pairs.every(isPlace)) return false;
      link.clients = pairs as [number, number][];
      return true;
    }
    case 'r':
      if (value !== 'textbook' && value !== 'policy') return false;
      link.decision = value;
      return true;
    case 't': {
      const seconds = Number(value);
      if (value === '' || !Number.isFinite(seconds) || seconds < 0) return false;
      link.time = Math.round(seconds * 1e6);
      return true;
    }
    case 'sel':
      link.selected = value;
      return /^(c|as):/.test(value);
    case 'layer':
      if (!LAYERS.includes(value as Layer)) return false;
      link.layer = value as Layer;
      return true;
    case 'th':
      if (value !== 'dark' && value !== 'light') return false;
      link.theme = value;
      return true;
    case 'embed':
      link.embed = value === '1';
      return true;
    case 'h':
      link.hash = value;
      return true;
    case 'eng':
      link.engine = value;
      return true;
    case 'v':
      return value === VERSION;
    default:
      // Switches of tests are nobody's mistake.
      return ['test', 'anim'].includes(key);
  }
}

function isPlace(pair: number[]): boolean {
  const [lat, lon] = pair;
  return pair.length === 2 && Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
}

/** A year: whatever comes later is a slip of the finger. */
const SECONDS_MAX = 366 * 86_400;

const VERBS: Record<string, keyof EventDoc> = { fail: 'fail', up: 'restore', drain: 'drain' };

function readEvents(text: string): EventDoc[] | null {
  if (text === '') return [];
  const list: EventDoc[] = [];
  for (const part of text.split(',')) {
    const [at, verb, site, how, ...rest] = part.split(':');
    const seconds = Number(at);
    const key = Object.hasOwn(VERBS, verb ?? '') ? VERBS[verb] : undefined;
    const wrong = at === '' || !(seconds >= 0 && seconds <= SECONDS_MAX);
    if (!key || !site || rest.length > 0 || wrong || (how && key !== 'fail')) return null;
    const event: EventDoc = { at: writeDuration(seconds * 1e6), [key]: site };
    list.push(how ? { ...event, how } : event);
  }
  return list;
}

function writeEvents(list: EventDoc[]): string | null {
  const parts: string[] = [];
  for (const event of list) {
    const { at, fail, restore, drain, how, ...rest } = event;
    if (Object.keys(rest).length > 0 || parseDuration(at) === null) return null;
    const seconds = inSeconds(timeOf(event));
    if (fail !== undefined) parts.push([seconds, 'fail', fail, ...(how ? [how] : [])].join(':'));
    else if (restore !== undefined) parts.push(`${seconds}:up:${restore}`);
    else if (drain !== undefined) parts.push(`${seconds}:drain:${drain}`);
    else return null;
  }
  return parts.join(',');
}

/** What a link is made from. */
export interface Shown {
  screen?: Screen;
  /** What a plan changes. */
  changes?: Change[];
  doc: ScenarioDoc;
  /** The scenario of the library that `doc` came from, as it is there; none for files. */
  base: ScenarioDoc | null;
  mode: Mode;
  /** In a comparison: GeoDNS first. */
  swap?: boolean;
  time: number;
  selected?: string;
  layer: Layer;
  theme?: 'dark' | 'light';
  /** Without the frame around the map. */
  embed?: boolean;
  /** Pinned networks in worlds without clients, as degrees north and east. */
  pins: [number, number][];
  hash?: string;
  engine?: string;
}

/** Seconds from whole µs, with no more digits than that, and never as `1e-7`. */
function inSeconds(us: number): string {
  return (us / 1e6).toFixed(6).replace(/\.?0+$/, '');
}

/** The fragment that opens what is shown, from `#` on. */
export async function writeLink(shown: Shown): Promise<string> {
  const parts = shortParts(shown) ?? [`z=${await deflate(shown.doc)}`];
  if (shown.mode !== (shown.doc.steering ?? 'anycast')) parts.push(`m=${shown.mode}`);
  if (shown.swap && shown.mode === 'compare') parts.push('swap=1');
  if (shown.changes?.length) parts.push(`ch=${await deflate(shown.changes)}`);
  const time = Math.round(shown.time);
  if (time > 0) parts.push(`t=${inSeconds(time)}`);
  if (shown.selected) parts.push(`sel=${encodeURIComponent(shown.selected)}`);
  if (shown.layer !== 'catchment') parts.push(`layer=${shown.layer}`);
  if (shown.theme) parts.push(`th=${shown.theme}`);
  if (shown.embed) parts.push('embed=1');
  if (shown.hash) parts.push(`h=${shown.hash}`);
  if (shown.engine) parts.push(`eng=${shown.engine}`);
  parts.push(`v=${VERSION}`);
  return `#${shown.screen ?? 'simulate'}?${parts.join('&')}`;
}

/** The short form, if the edits fit into it. */
function shortParts({ doc, base, pins }: Shown): string[] | null {
  if (!base) return null;
  const parts = [`s=${encodeURIComponent(base.name)}`];
  const { event: _, client, rules, compare: __, ...rest } = doc;
  const { event: ___, client: baseClient, rules: baseRules, compare: ____, ...baseRest } = base;
  if (!equal(rest, baseRest)) return null;
  const { decision, ...others } = rules ?? {};
  const { decision: baseDecision, ...baseOthers } = baseRules ?? {};
  if (!equal(others, baseOthers)) return null;
  if (decision !== baseDecision && decision !== undefined) parts.push(`r=${decision}`);
  if (!equal(events(doc), events(base))) {
    const written = writeEvents(events(doc));
    if (written === null) return null;
    parts.push(`e=${written}`);
  }
  const kept = (client ?? []).slice(0, (baseClient ?? []).length);
  if (!equal(kept, baseClient ?? [])) return null;
  const added = (client ?? []).slice(kept.length);
  if (!added.every(isAsClicked)) return null;
  // A hundredth of a degree is a kilometre: who is near does not hang on more than four digits.
  const near = pins.map((pin) => pin.map((degrees) => Number(degrees.toFixed(4))));
  const places = [...added.map((one) => one.at!), ...near];
  if (places.length > 0) parts.push(`c=${places.map((place) => place.join(',')).join(';')}`);
  return parts;
}

/** Where the engine begins to number new clients. */
const CLICKED_ASN_MIN = 4_200_000_000;
const CLICKED_KEYS = new Set(['asn', 'name', 'at', 'weight', 'neighbors', 'region']);

/**
 * Whether a client is as a click at its place makes it: the short form says no more than the place,
 * and the engine chooses name and neighbors anew.
 */
function isAsClicked(client: ClientDoc): boolean {
  if (!client.at || client.asn < CLICKED_ASN_MIN || (client.weight ?? 1) !== 1) return false;
  const isPlain = (client.neighbors ?? []).every((one) => Object.keys(one).join() === 'asn');
  return isPlain && Object.keys(client).every((key) => CLICKED_KEYS.has(key));
}

async function throughStream(
  bytes: Uint8Array<ArrayBuffer>,
  stream: TransformStream<BufferSource, Uint8Array>,
) {
  const body = new Response(new Blob([bytes]).stream().pipeThrough(stream));
  return new Uint8Array(await body.arrayBuffer());
}

async function deflate(value: ScenarioDoc | Change[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const packed = await throughStream(bytes, new CompressionStream('deflate-raw'));
  let text = '';
  for (const byte of packed) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

async function inflate(text: string): Promise<ScenarioDoc | null> {
  const doc = await inflated(text);
  return doc !== null && typeof doc === 'object' ? (doc as ScenarioDoc) : null;
}

/** A value that was packed; null if it was not. */
async function inflated(text: string): Promise<unknown> {
  try {
    const packed = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(packed, (char) => char.charCodeAt(0));
    const json = await throughStream(bytes, new DecompressionStream('deflate-raw'));
    return JSON.parse(new TextDecoder().decode(json)) as unknown;
  } catch {
    return null;
  }
}
