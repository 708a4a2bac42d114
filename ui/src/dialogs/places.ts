// Finds cities: first those of the world that is open, then those that everybody knows. Pure.

import type { PlaceInfo } from '../engine/api';
import type { World } from '../model/track';
import { CITIES, type City } from './cities';

export interface FoundPlace extends City {
  /** Whether the world has networks there; if not, scenarios name it by its degrees. */
  isOfWorld: boolean;
}

const FOUND_MAX = 12;

/** Cities whose code is the text, then those whose name begins with it or has it. */
export function findPlaces(
  places: readonly PlaceInfo[],
  world: Pick<World, 'placeLat' | 'placeLon'> | null,
  text: string,
): FoundPlace[] {
  const wanted = plain(text);
  if (wanted === '') return [];
  const own = places.map(({ code, name, country }, place): FoundPlace => {
    const [lat, lon] = [world?.placeLat[place] ?? 0, world?.placeLon[place] ?? 0];
    return { code, name, country, lat, lon, isOfWorld: true };
  });
  const codes = new Set(own.map((one) => one.code));
  const others = CITIES.filter((city) => !codes.has(city.code));
  const ranked = [...own, ...others.map((city) => ({ ...city, isOfWorld: false }))]
    .map((found) => ({ found, rank: rankOf(found, wanted) }))
    .filter(({ rank }) => rank !== null);
  const order = (one: FoundPlace) => Number(!one.isOfWorld);
  ranked.sort(
    (a, b) =>
      a.rank! - b.rank! ||
      order(a.found) - order(b.found) ||
      a.found.name.localeCompare(b.found.name, 'en'),
  );
  return ranked.slice(0, FOUND_MAX).map(({ found }) => found);
}

function rankOf({ code, name }: City, wanted: string): number | null {
  const known = plain(name);
  if (plain(code) === wanted || known === wanted) return 0;
  if (known.startsWith(wanted)) return 1;
  return known.includes(wanted) ? 2 : null;
}

/** `São Paulo` is found by `sao`. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim();
}

/** Degrees as people type them: `52.1, 20.9`. */
export function readPlace(text: string): { lat: number; lon: number } | null {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*[,; ]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
  if (!match) return null;
  const [lat, lon] = [Number(match[1]), Number(match[2])];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

/** What a combobox of cities offers for a text. */
export function placeOptions(
  places: readonly PlaceInfo[],
  world: Pick<World, 'placeLat' | 'placeLon'> | null,
  text: string,
) {
  const degrees = readPlace(text);
  if (degrees) {
    const item: FoundPlace = { code: '', name: text, country: '', ...degrees, isOfWorld: false };
    return [{ key: text, label: text, note: 'degrees north, east', item }];
  }
  return findPlaces(places, world, text).map((item, place) => ({
    key: `${place} ${item.code} ${item.name}`,
    label: item.name,
    note: [item.code, item.country].filter(Boolean).join(' · '),
    item,
  }));
}

interface Place {
  lat: number;
  lon: number;
}

/** Great-circle distance in km. */
export function distanceKm(a: Place, b: Place): number {
  const rad = Math.PI / 180;
  const inner =
    Math.sin(a.lat * rad) * Math.sin(b.lat * rad) +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.cos((a.lon - b.lon) * rad);
  return 6371 * Math.acos(Math.min(1, Math.max(-1, inner)));
}
