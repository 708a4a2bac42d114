// The values of the layer that the map shows: from the track at once, from the engine when time
// stands still.

import * as engine from '../engine/http';
import { EngineProblem } from '../engine/http';
import { LAYERS } from '../map/props';
import {
  inflationValues,
  lengthValues,
  recoveryValues,
  rttValues,
  stabilityValues,
  tieValues,
  type LayerValues,
  type Scale,
} from '../model/layers';
import type { Layer } from '../model/permalink';
import { app } from '../state/app.svelte';
import { player, type Run } from '../state/player.svelte';

/** Answers that are kept: somebody who steps back and forth asks for the same again. */
const KEPT = 24;

export class Layers {
  values = $state.raw<Float32Array | null>(null);
  scale = $state.raw<Scale>({ min: 0, max: 1, unit: '' });
  loading = $state(false);
  private readonly kept = new Map<string, LayerValues>();
  private abort: AbortController | null = null;

  /** Keeps the values those of the layer, run and time of the store. Call it while a component starts. */
  follow(run: () => Run | null = () => player.run): void {
    $effect(() => {
      const { layer, result } = app;
      const { time, playing } = player;
      const one = run();
      const place = one ? player.runs.indexOf(one) : -1;
      if (!one || !result || place < 0) return this.show(null);
      this.update(layer, one, place, result.hash, time, playing);
    });
  }

  private update(
    layer: Layer,
    { track }: Run,
    run: number,
    hash: string,
    time: number,
    isPlaying: boolean,
  ): void {
    switch (layer) {
      case 'length':
        return this.show(track.lengths.length > 0 ? lengthValues(track) : null);
      case 'recovery':
        return this.show(recoveryValues(track, time));
      case 'stability':
        return this.show(stabilityValues(track, time));
      case 'rtt':
      case 'inflation':
      case 'ties':
        if (!isPlaying) void this.ask(layer, run, hash, time);
        return;
      default:
        return this.show(null);
    }
  }

  private async ask(
    layer: 'rtt' | 'inflation' | 'ties',
    run: number,
    hash: string,
    time: number,
  ): Promise<void> {
    const key = `${hash} ${run} ${layer}${layer === 'ties' ? '' : ` ${time}`}`;
    this.abort?.abort();
    const known = this.kept.get(key);
    if (known) return this.show(known);
    const abort = new AbortController();
    this.abort = abort;
    this.loading = true;
    try {
      const answer = await this.fetch(layer, run, hash, time, abort.signal);
      this.kept.set(key, answer);
      if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value!);
      if (!abort.signal.aborted) this.show(answer);
    } catch (error) {
      if (abort.signal.aborted) return;
      this.show(null);
      const why = error instanceof EngineProblem ? error.message : 'the engine does not answer';
      app.say(`No values for the layer ${LAYERS[layer].name}: ${why}.`);
    }
  }

  private async fetch(
    layer: 'rtt' | 'inflation' | 'ties',
    run: number,
    hash: string,
    time: number,
    signal: AbortSignal,
  ): Promise<LayerValues> {
    if (layer === 'ties') {
      return tieValues((await engine.ties(hash, run, signal)).ties as Uint8Array);
    }
    const columns = await engine.rtt(hash, run, time, signal);
    const rtt = columns.rtt as Float32Array;
    return layer === 'rtt' ? rttValues(rtt) : inflationValues(rtt, columns.best as Float32Array);
  }

  private show(answer: LayerValues | null): void {
    this.abort?.abort();
    this.abort = null;
    this.loading = false;
    this.values = answer?.values ?? null;
    this.scale = answer?.scale ?? { min: 0, max: 1, unit: '' };
  }
}
