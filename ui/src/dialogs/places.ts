// Finds cities among those that the world has: by IATA code first, then by name. Pure.

import type { PlaceInfo } from '../engine/api';

export interface FoundPlace {
  /** Its position in the list of places. */
  place: number;
  code: string;
  name: string;
  country: string;
}

export function findPlaces(places: readonly PlaceInfo[], text: string, most = 12): FoundPlace[] {
  const wanted = plain(text);
  const ranked: { rank: number; found: FoundPlace }[] = [];
  places.forEach(({ code, name, country }, place) => {
    const known = plain(name);
    const rank =
      plain(code) === wanted
        ? 0
        : known === wanted
          ? 1
          : known.startsWith(wanted)
            ? 2
            : known.includes(wanted)
              ? 3
              : -1;
    if (rank >= 0) ranked.push({ rank, found: { place, code, name, country } });
  });
  ranked.sort((a, b) => a.rank - b.rank || a.found.name.localeCompare(b.found.name, 'en'));
  return ranked.slice(0, most).map(({ found }) => found);
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

/** Great-circle distance in km. */
export function distanceKm(
  a: { lat: number; lon: number },
  b: { lat: number; lon: number },
): number {
  const rad = Math.PI / 180;
  const inner =
    Math.sin(a.lat * rad) * Math.sin(b.lat * rad) +
    Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.cos((a.lon - b.lon) * rad);
  return 6371 * Math.acos(Math.min(1, Math.max(-1, inner)));
}
