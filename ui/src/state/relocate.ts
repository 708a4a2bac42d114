// Routers and sites are numbered anew when a scenario adds or drops some. What a person chose stays
// what it was: found again by AS number and place, or by name. Pure.

import type { RunResult } from '../engine/api';
import { NONE } from '../engine/columns';
import type { World } from '../model/track';

/** The routers of an AS, in their order. Routers ascend by AS number. */
export function routersOf(world: World, asn: number): number[] {
  const first = world.asn.indexOf(asn);
  if (first < 0) return [];
  const dots: number[] = [];
  for (let dot = first; world.asn[dot] === asn; dot += 1) dots.push(dot);
  return dots;
}

/** The same router in another world; null if it is not there. */
export function sameDot(before: World, after: World, dot: number): number | null {
  if (before.id === after.id) return dot;
  const [lat, lon] = placeOf(before, dot);
  const there = routersOf(after, before.asn[dot]);
  return (
    there.find((one) => {
      const [otherLat, otherLon] = placeOf(after, one);
      return otherLat === lat && otherLon === lon;
    }) ?? null
  );
}

function placeOf(world: World, dot: number): [number | null, number | null] {
  const place = world.place[dot];
  return place === NONE ? [null, null] : [world.placeLat[place], world.placeLon[place]];
}

/** The same sites in another result, by name. */
export function sameSites(
  before: RunResult,
  after: RunResult,
  sites: ReadonlySet<number>,
): Set<number> {
  const names = new Set([...sites].map((site) => before.sites[site]?.name));
  return new Set(after.sites.flatMap((site, place) => (names.has(site.name) ? [place] : [])));
}

/** A router in a link: `as:174`, or `as:174.2` for the third router of that AS. */
export function dotText(world: World, dot: number): string {
  const asn = world.asn[dot];
  const place = routersOf(world, asn).indexOf(dot);
  return place > 0 ? `as:${asn}.${place}` : `as:${asn}`;
}

/** The router that a link names; null if it is none. */
export function dotOfText(world: World, text: string): number | null {
  const match = /^as:(\d+)(?:\.(\d+))?$/.exec(text);
  return match ? (routersOf(world, Number(match[1]))[Number(match[2] ?? 0)] ?? null) : null;
}
