// What tests and benches may ask of the page: `?test=1`. It only looks and seeks, all else they
// do as people do.

import { tick } from 'svelte';

import * as engine from '../engine/http';
import { app } from '../state/app.svelte';
import { player } from '../state/player.svelte';
import { frame } from './frame.svelte';

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

/** Waits until no run goes on. What plays is taken to its end at once. */
async function idle(): Promise<void> {
  do {
    while (app.isWorking || app.busy) await new Promise((resolve) => setTimeout(resolve, 10));
    if (player.playing) {
      player.pause();
      player.seek(player.end);
    }
    await tick();
    await nextFrame();
    await nextFrame();
  } while (app.isWorking || player.playing);
}

/** FNV-1a of what becomes of all packets now, in all runs. */
function snapshotHash(): string {
  let hash = 0x811c9dc5;
  for (const { track } of player.runs) {
    for (const fate of track.fates) {
      hash = Math.imul(hash ^ (fate & 0xff), 0x01000193);
      hash = Math.imul(hash ^ (fate >> 8), 0x01000193);
    }
    for (const length of track.lengths) hash = Math.imul(hash ^ length, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

export function exposeForTests(started: Promise<void>): void {
  const hooks = {
    ready: false,
    idle,
    seek(seconds: number) {
      player.pause();
      player.seek(Math.round(seconds * 1e6));
    },
    project: (place: [number, number]) => frame.map?.project(place) ?? null,
    pick: (x: number, y: number) => frame.map?.pick(x, y) ?? -1,
    snapshotHash,
    resultHash: () => app.result?.hash ?? '',
    toml: async () => (app.doc ? (await engine.writeScenario(app.doc)).toml : ''),
    frameStats: () => {
      const stats = frame.map?.frameStats();
      return { median: stats?.medianMs ?? 0, reduction: stats?.reduction ?? 0 };
    },
  };
  (window as unknown as { __catchment: typeof hooks }).__catchment = hooks;
  void started.then(async () => {
    await tick();
    await nextFrame();
    hooks.ready = true;
  });
}
