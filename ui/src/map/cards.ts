// What a hover card says about a site, a client or a dot. Pure: no DOM.

import { NONE } from '../engine/columns';
import type { Point } from './camera';
import { fateText, siteTitle } from '../panels/words';
import type { Card } from './HoverCard.svelte';
import { LAYERS, type MapClient, type MapProps } from './props';
import { amount, CLAMPED, loadWords, stateWord } from './words';

export type Hover =
  { kind: 'pop'; site: number } | { kind: 'client'; key: string } | { kind: 'dot'; dot: number };

type Told = Omit<MapProps, 'view'>;

const NEIGHBORS_MAX = 3;

export function cardOf(hover: Hover, [x, y]: Point, map: Told, clients: MapClient[]): Card | null {
  if (hover.kind === 'pop') return { x, y, ...popCard(hover.site, map) };
  if (hover.kind === 'dot') return { x, y, ...dotCard(hover.dot, map) };
  const client = clients.find(({ key }) => key === hover.key);
  return client ? { x, y, ...clientCard(client, map) } : null;
}

type Said = Pick<Card, 'title' | 'lines'>;

function popCard(site: number, map: Told): Said {
  const info = map.result.sites[site];
  const state = map.siteState[site];
  const lines: Card['lines'] = [
    ['AS', `${info.asn}`],
    ['State', stateWord(state) + (state.over ? ', over capacity' : '')],
  ];
  const load = loadWords(info, state);
  if (load !== '') lines.push(['Load', load]);
  lines.push(['Share', `${amount(state.share * 100)}\u202f%`]);
  const names = info.neighbors.map(({ name, asn }) => name || `AS${asn}`);
  if (names.length > 0) {
    const rest = names.length > NEIGHBORS_MAX ? ` +${names.length - NEIGHBORS_MAX}` : '';
    lines.push(['Neighbors', names.slice(0, NEIGHBORS_MAX).join(', ') + rest]);
  }
  return { title: siteTitle(map.result.sites, site), lines };
}

function clientCard(client: MapClient, map: Told): Said {
  const { title, lines } = dotCard(client.dot, map, client.fate);
  if (client.isClamped) lines.push(['DNS', CLAMPED]);
  if (client.name !== '' && title !== client.name) lines.unshift(['AS', title]);
  return { title: client.name || title, lines: lines.filter(([, value]) => value !== '') };
}

function dotCard(dot: number, map: Told, known?: number): Said {
  const { world, track, result } = map;
  const asn = world.asn[dot];
  const place = world.place[dot];
  const where = place === NONE ? undefined : map.placeName?.(place);
  const lines: Card['lines'] = [];
  if (where) lines.push(['Place', where]);
  const isSource = track.mainStream[dot] !== NONE;
  if (isSource || known !== undefined) {
    lines.push(['Now', fateText(result.sites, known ?? track.fate(dot))]);
  }
  const length = track.lengths[dot];
  if (length !== undefined && length !== 255) lines.push(['Path', `${length} ASes`]);
  const value = map.values?.[dot];
  if (value !== undefined && !Number.isNaN(value) && LAYERS[map.layer].unit !== '') {
    const { name, unit } = LAYERS[map.layer];
    lines.push([name, `${amount(value)} ${unit}`]);
  }
  return { title: `AS${asn}`, lines };
}
