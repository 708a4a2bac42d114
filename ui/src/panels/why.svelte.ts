// Asks the engine why packets of the selection go where they go.

import type { Problem, Why } from '../engine/api';
import * as engine from '../engine/http';
import { EngineProblem } from '../engine/http';

/** While time runs: at most two questions a second, and only if the engine is quick. */
const APART_MS = 500;
const QUICK_MS = 100;
/** Somebody who steps quickly asks once, not for every step. */
const SETTLE_MS = 60;

export interface Question {
  hash: string;
  run: number;
  dot: number;
  time: number;
  isPlaying: boolean;
}

export class Asker {
  why = $state.raw<Why | null>(null);
  /** The result that `why` is about: dots and sites are its own. */
  hash = $state('');
  problem = $state.raw<Problem | null>(null);
  loading = $state(false);
  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = '';
  private lastAt = -Infinity;
  private lastTook = 0;

  /** Asks, unless the answer is here already; gives up what was asked before. */
  ask(question: Question): void {
    const { hash, run, dot, time, isPlaying } = question;
    const key = `${hash} ${run} ${dot} ${time}`;
    if (key === this.asked) return;
    if (this.why && this.why.dot !== dot) this.why = null;
    const now = performance.now();
    if (isPlaying) {
      const isSoon = now - this.lastAt < APART_MS;
      if (this.abort || isSoon || this.lastTook > QUICK_MS) return;
    }
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = null;
    this.asked = key;
    this.lastAt = now;
    if (isPlaying) void this.fetch(question);
    else this.timer = setTimeout(() => void this.fetch(question), SETTLE_MS);
  }

  private async fetch({ hash, run, dot, time }: Question): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    this.loading = true;
    const from = performance.now();
    try {
      const why = await engine.why(hash, run, dot, time, abort.signal);
      if (abort.signal.aborted) return;
      this.why = why;
      this.hash = hash;
      this.problem = null;
    } catch (error) {
      if (abort.signal.aborted) return;
      this.problem = problemOf(error);
    }
    this.lastTook = performance.now() - from;
    this.abort = null;
    this.loading = false;
  }

  /** Asks the same again, after something went wrong. */
  again(): void {
    this.asked = '';
    this.problem = null;
  }

  clear(): void {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = null;
    this.asked = '';
    this.why = null;
    this.problem = null;
    this.loading = false;
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof EngineProblem) return error.problem;
  const title = 'The engine does not answer.';
  const help = 'Nothing is asked again until you do, or go to another time or network.';
  return { type: 'offline', title, status: 0, help, mistakes: [] };
}
