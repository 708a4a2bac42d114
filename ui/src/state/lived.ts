// Where clients can be: on land, or near a city, since the coarse shores of the map leave small
// islands out.

import * as engine from '../engine/http';
import { distanceKm } from '../dialogs/places';
import { isLand } from '../map/land';

/** As far as this a city has suburbs. */
const CITY_KM = 60;

/** Whether somebody may live at a place, in degrees. The poles are no land. */
export async function isLived(lat: number, lon: number): Promise<boolean> {
  if (isLand(lon, lat)) return true;
  const cities = await engine.cities();
  return cities.some((city) => distanceKm(city, { lat, lon }) <= CITY_KM);
}
