// The continents: as paths to draw and as a raster to ask. Everything goes through geoPath, because
// raw rings of the atlas tear at 180° and would put dots into the Pacific.

import { geoEquirectangular, geoPath } from 'd3-geo';
import type { MultiLineString, MultiPolygon } from 'geojson';
import { merge, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import atlas from 'world-atlas/countries-110m.json';
import fineAtlasUrl from 'world-atlas/countries-50m.json?url';

import { Land } from '../model/scatter';
import { planePath } from './camera';

/** SVG paths in the plane of the map. */
export interface Shores {
  land: string;
  borders: string;
}

const ANTARCTICA = '010';
const MASK_WIDTH = 1440;
const MASK_HEIGHT = 720;

interface Shapes {
  land: MultiPolygon;
  borders: MultiLineString;
}

function shapesOf(topology: Topology): Shapes {
  const countries = topology.objects.countries as GeometryCollection;
  const lived = countries.geometries.filter((country) => country.id !== ANTARCTICA);
  return {
    land: merge(topology, lived as Parameters<typeof merge>[1]),
    borders: mesh(topology, countries, (one, other) => one !== other),
  };
}

function shoresOf({ land, borders }: Shapes): Shores {
  return { land: planePath(land) ?? '', borders: planePath(borders) ?? '' };
}

let coarse: Shapes | undefined;
let coarseShores: Shores | undefined;
let mask: Land | undefined;

function coarseShapes(): Shapes {
  coarse ??= shapesOf(atlas as unknown as Topology);
  return coarse;
}

export function shores(): Shores {
  coarseShores ??= shoresOf(coarseShapes());
  return coarseShores;
}

let fine: Promise<Shores> | undefined;

/** Finer shores, fetched when somebody looks closely. */
export function fineShores(): Promise<Shores> {
  fine ??= fetch(fineAtlasUrl)
    .then((answer) => answer.json() as Promise<Topology>)
    .then((topology) => shoresOf(shapesOf(topology)));
  return fine;
}

/** The raster of land; made once, some 15 ms. */
export function landMask(): Land {
  mask ??= rasterise(coarseShapes().land);
  return mask;
}

function rasterise(land: MultiPolygon): Land {
  const canvas = document.createElement('canvas');
  canvas.width = MASK_WIDTH;
  canvas.height = MASK_HEIGHT;
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  const flat = geoEquirectangular()
    .scale(MASK_WIDTH / (2 * Math.PI))
    .translate([MASK_WIDTH / 2, MASK_HEIGHT / 2]);
  context.beginPath();
  geoPath(flat, context)(land);
  context.fill();
  // The coarse shore cuts corners: half a cell more keeps harbour towns on land.
  context.lineWidth = 1;
  context.stroke();
  const { data } = context.getImageData(0, 0, MASK_WIDTH, MASK_HEIGHT);
  const cells = new Uint8Array(MASK_WIDTH * MASK_HEIGHT);
  for (let cell = 0; cell < cells.length; cell += 1) cells[cell] = data[4 * cell + 3] > 90 ? 1 : 0;
  return new Land(MASK_WIDTH, MASK_HEIGHT, cells);
}

export function isLand(lon: number, lat: number): boolean {
  return landMask().isLand(lon, lat);
}

export function nearestCoast(lon: number, lat: number): { lon: number; lat: number } | null {
  return landMask().nearestCoast(lon, lat);
}
