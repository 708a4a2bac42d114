// Places for clients in a part of the map: spread evenly over its land, always in the same way.

import type { Chart, Point } from './camera';

/** So many tries for each place that is wanted: a brush over an archipelago is mostly sea. */
const TRIES = 60;
const LAT_MAX = 85;

/** A share of 0 to 1 for each step; steps fill the range evenly (van der Corput). */
function radical(step: number, base: number): number {
  let share = 0;
  for (let part = 1 / base, rest = step; rest > 0; part /= base) {
    share += (rest % base) * part;
    rest = Math.floor(rest / base);
  }
  return share;
}

/** Up to `count` places on land between two corners in the plane, as degrees north and east. */
export function spotsBetween(
  chart: Pick<Chart, 'isMap' | 'invert'>,
  isLand: (lon: number, lat: number) => boolean,
  from: Point,
  to: Point,
  count: number,
): [number, number][] {
  const found: [number, number][] = [];
  if (!chart.isMap) return found;
  for (let step = 1; step <= count * TRIES && found.length < count; step += 1) {
    const x = from[0] + (to[0] - from[0]) * radical(step, 2);
    const y = from[1] + (to[1] - from[1]) * radical(step, 3);
    const place = chart.invert([x, y]);
    if (!place || Math.abs(place[1]) > LAT_MAX || !isLand(...place)) continue;
    const [lon, lat] = place;
    found.push([Number(lat.toFixed(4)), Number(lon.toFixed(4))]);
  }
  return found;
}
