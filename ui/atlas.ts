// Makes the outlines of the first screen small: 0.04 degrees are enough below the zoom at which the
// finer file is loaded, and nobody reads the names in it.

import { readFileSync } from 'node:fs';

import { quantize } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import type { Plugin } from 'vite';

const STEPS = 1e4;

/** A topology without transform, as `quantize` wants it. */
function unpacked(topology: Topology): Topology {
  const { transform, ...rest } = topology;
  if (!transform) return topology;
  const arcs = topology.arcs.map((arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]) => {
      [x, y] = [x + dx, y + dy];
      return [
        x * transform.scale[0] + transform.translate[0],
        y * transform.scale[1] + transform.translate[1],
      ];
    });
  });
  return { ...rest, arcs };
}

export function smallAtlas(): Plugin {
  return {
    name: 'small-atlas',
    enforce: 'pre',
    load(id) {
      if (!id.endsWith('world-atlas/countries-110m.json')) return null;
      const topology = JSON.parse(readFileSync(id, 'utf8')) as Topology;
      const countries = topology.objects.countries as GeometryCollection;
      for (const country of countries.geometries) delete country.properties;
      const outlines = unpacked({ ...topology, objects: { countries } });
      // Its types want properties, which were just taken away.
      const small = quantize(outlines as Parameters<typeof quantize>[0], STEPS);
      return JSON.stringify(small);
    },
  };
}
