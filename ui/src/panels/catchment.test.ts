import { expect, test } from 'vitest';

import { Track, type World } from '../model/track';
import { columns, report, result, track, world } from '../model/testworld';
import { heartOf } from './catchment';

test('a small catchment is shown whole, as it is now', () => {
  const one = track();
  const [fra, lhr] = result().sites;
  expect(heartOf(fra, 0, one, world)).toEqual([fra.dot, 0, 1]);
  expect(heartOf(lhr, 1, one, world)).toEqual([lhr.dot]);
  one.seek(4e6);
  expect(heartOf(lhr, 1, one, world)).toEqual([lhr.dot, 0, 1]);
});

test('of a large one strays are left out', () => {
  const count = 100;
  const all = Array.from({ length: count }, (_, dot) => dot);
  const wide: World = {
    ...world,
    asn: Uint32Array.from(all),
    place: Uint32Array.from(all),
    weight: new Float64Array(count).fill(1),
    tier: new Uint8Array(count),
    placeLat: new Float32Array(count).fill(50),
    // Further and further from Frankfurt, the last at the other end of the world.
    placeLon: Float32Array.from(all, (dot) => 8.6 + 1.5 * dot),
  };
  const found = result();
  const one = new Track(
    { ...found, world: { ...found.world, has_clients: false } },
    report(),
    wide,
    {
      ...columns(),
      stream_dot: Uint32Array.from(all),
      stream_share: new Float32Array(count).fill(1),
      stream_start: new Uint16Array(count),
      length: new Uint8Array(count),
    },
  );
  expect(heartOf({ ...found.sites[0], dot: 0 }, 0, one, wide)).toEqual([0, ...all.slice(0, 50)]);
});
