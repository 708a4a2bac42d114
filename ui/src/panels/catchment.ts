// The part of the map where a PoP's catchment is. Pure: no DOM.

import { distanceKm } from '../dialogs/places';
import { fateSite, NONE } from '../engine/columns';
import type { SiteInfo } from '../engine/api';
import type { Track, World } from '../model/track';

/** Catchments up to this are shown whole. */
const FEW = 50;
/** Of a larger one, the nearest: with strays on other continents it would be the whole world. */
const NEAR = 0.5;

/** The dots to look at: the PoP, and those whose packets go there now, strays left out. */
export function heartOf(site: SiteInfo, index: number, track: Track, world: World): number[] {
  const dots = Array.from(track.sources).filter((dot) => fateSite(track.fate(dot)) === index);
  if (dots.length <= FEW) return [site.dot, ...dots];
  const { lat, lon } = site;
  if (lat === null || lon === null) return [site.dot, ...dots];
  const far = dots.map((dot) => {
    const place = world.place[dot];
    const there = { lat: world.placeLat[place], lon: world.placeLon[place] };
    return { dot, km: place === NONE ? Infinity : distanceKm({ lat, lon }, there) };
  });
  far.sort((a, b) => a.km - b.km);
  return [site.dot, ...far.slice(0, Math.ceil(NEAR * far.length)).map(({ dot }) => dot)];
}
