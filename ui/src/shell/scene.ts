// What a map is told of one run at the time that its track has been sought to. Pure.

import { fateKind, fateSite, NONE } from '../engine/columns';
import type { ClientInfo, RunResult } from '../engine/api';
import type { MapClient, SiteState, StreamFate } from '../map/props';
import type { SiteState as Standing } from '../engine/api';
import type { Track } from '../model/track';
import type { Probe } from '../state/app.svelte';

export function siteStates(
  result: RunResult,
  track: Track,
  time: number,
  standing: readonly Standing[],
): SiteState[] {
  const loads = result.sites.map((_, site) => track.load(site, time));
  const all = loads.reduce((sum, load) => sum + load.offered, 0);
  return loads.map((load, site) => ({
    state: standing[site],
    load,
    share: all > 0 ? load.offered / all : 0,
    // A dead site is not overloaded: what is sent there is lost whatever its size.
    over: standing[site] === 'up' && load.used > 1,
  }));
}

function streamsOf(track: Track, dot: number): StreamFate[] {
  const first = track.firstStream[dot];
  if (first === undefined || first === NONE) return [];
  return Array.from({ length: track.streamCount[dot] }, (_, place) => ({
    fate: track.fates[first + place],
    share: track.streamShare[first + place],
  }));
}

/** Whether any part of a dot's packets asks a resolver that keeps answers too long. */
function isClamped(track: Track, dot: number, clamped: ReadonlySet<number>): boolean {
  const first = track.firstStream[dot];
  if (first === undefined || first === NONE || clamped.size === 0) return false;
  for (let place = 0; place < track.streamCount[dot]; place += 1) {
    if (clamped.has(first + place)) return true;
  }
  return false;
}

/** Names one client among all: several may have the same name. */
export const clientKey = ({ name, dot }: ClientInfo) => `${name}-${dot}`;

export function mapClients(
  clients: readonly ClientInfo[],
  track: Track,
  clamped: ReadonlySet<number> = new Set(),
): MapClient[] {
  return clients.map((client) => ({
    key: clientKey(client),
    name: client.name,
    dot: client.dot,
    asn: client.asn,
    lat: client.lat,
    lon: client.lon,
    fate: track.fate(client.dot),
    isUser: client.index !== null,
    isClamped: isClamped(track, client.dot, clamped),
    streams: streamsOf(track, client.dot),
  }));
}

export function mapProbes(
  probes: readonly Probe[],
  track: Track,
  clamped: ReadonlySet<number> = new Set(),
): MapClient[] {
  return probes.map((probe) => ({
    key: probeKey(probe.dot),
    name: `AS${probe.asn}`,
    dot: probe.dot,
    asn: probe.asn,
    lat: probe.lat,
    lon: probe.lon,
    fate: track.fate(probe.dot),
    isUser: true,
    isClamped: isClamped(track, probe.dot, clamped),
    streams: streamsOf(track, probe.dot),
  }));
}

export const probeKey = (dot: number) => `dot-${dot}`;

/** Where the packets of some dots go now: sites by demand, largest first, and who has none. */
export function brushed(
  dots: Uint32Array,
  track: Track,
  weight: Float64Array,
): { sites: { site: number; share: number }[]; unserved: number; sources: number } {
  const bySite = new Map<number, number>();
  let all = 0;
  let unserved = 0;
  let sources = 0;
  for (const dot of dots) {
    if (weight[dot] <= 0) continue;
    sources += 1;
    all += weight[dot];
    const fate = track.fate(dot);
    const site = fateSite(fate);
    if (fateKind(fate) !== 'served') unserved += weight[dot];
    else bySite.set(site, (bySite.get(site) ?? 0) + weight[dot]);
  }
  const part = (demand: number) => (all > 0 ? demand / all : 0);
  const sites = [...bySite].map(([site, demand]) => ({ site, share: part(demand) }));
  return { sites: sites.sort((a, b) => b.share - a.share), unserved: part(unserved), sources };
}

/** Dots whose packets take another way in any of the runs: where a comparison is worth a look. */
export function affectedDots(tracks: readonly Track[]): Set<number> {
  const dots = new Set<number>();
  for (const track of tracks) {
    for (const stream of track.fateStream) dots.add(track.streamDot[stream]);
  }
  return dots;
}
