// Finds cities among those that the engine knows. Pure.

import type { CityInfo } from '../engine/api';

/** A place that was chosen; without a code scenarios name it by its degrees. */
export interface FoundPlace {
  code: string;
  name: string;
  country: string;
  lat: number;
  lon: number;
}

const FOUND_MAX = 12;

/** Cities whose code or name is the text, then those whose name begins with it or has it. */
function findPlaces(cities: readonly CityInfo[], text: string): FoundPlace[] {
  const wanted = plain(text);
  if (wanted === '') return [];
  const ranked = cities.flatMap((found) => {
    const rank = rankOf(found, wanted);
    return rank === null ? [] : [{ found, rank }];
  });
  ranked.sort((a, b) => a.rank - b.rank || a.found.name.localeCompare(b.found.name, 'en'));
  return ranked.slice(0, FOUND_MAX).map(({ found }) => found);
}

function rankOf({ code, name }: CityInfo, wanted: string): number | null {
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
function readPlace(text: string): { lat: number; lon: number } | null {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*[,; ]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
  if (!match) return null;
  const [lat, lon] = [Number(match[1]), Number(match[2])];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

/** What a combobox of cities offers for a text. */
export function placeOptions(cities: readonly CityInfo[], text: string) {
  const degrees = readPlace(text);
  if (degrees) {
    const item: FoundPlace = { code: '', name: text, country: '', ...degrees };
    return [{ key: text, label: text, note: 'degrees north, east', item }];
  }
  return findPlaces(cities, text).map((item) => ({
    key: `${item.code} ${item.name}`,
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
