// What the Plan screen asks: the scenario as it is (A), the same after a list of changes (B), and
// the answers to questions about them. Plans do not play events.

import type { PlanAnswer, PlanQuestion, Problem, RunState, ScenarioDoc } from '../engine/api';
import * as engine from '../engine/http';
import { EngineProblem, Offline } from '../engine/http';
import { applyChanges, withChange, type Change, type KnownSite } from '../model/changes';
import { equal, withoutEvents } from '../model/scenario';
import { app } from './app.svelte';

function away(error: unknown): Problem {
  const isOffline = error instanceof Offline;
  return {
    type: isOffline ? 'offline' : 'unexpected',
    title: isOffline ? 'The engine does not answer' : 'This page met something it does not know',
    status: 0,
    help: isOffline ? 'Ask again once it is there.' : String(error),
    mistakes: [],
  };
}

/** One question, and the last answer to it. */
export class Ask {
  answer = $state.raw<PlanAnswer | null>(null);
  job = $state.raw<RunState | null>(null);
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);

  private abort: AbortController | null = null;
  private asked: unknown = null;

  /** Asks, unless the same was asked last. What was under way is given up. */
  async ask(doc: ScenarioDoc, question: PlanQuestion, again = false): Promise<void> {
    const asked = { doc, question };
    if (!again && this.asked !== null && equal(this.asked, asked)) return;
    this.abort?.abort(new DOMException('a newer question', 'AbortError'));
    const abort = new AbortController();
    this.abort = abort;
    this.asked = asked;
    this.busy = true;
    try {
      const onProgress = (state: RunState) => (this.job = state);
      const answer = await engine.plan(doc, question, onProgress, abort.signal);
      if (abort.signal.aborted) return;
      this.answer = answer;
      this.problem = null;
    } catch (error) {
      if (abort.signal.aborted) return;
      this.asked = null;
      this.answer = null;
      this.problem = error instanceof EngineProblem ? error.problem : away(error);
    } finally {
      if (this.abort === abort) {
        this.busy = false;
        this.job = null;
        this.abort = null;
      }
    }
  }

  /** Gives up what is under way. */
  cancel(): void {
    this.abort?.abort(new DOMException('cancelled', 'AbortError'));
    this.abort = null;
    this.asked = null;
    this.busy = false;
    this.job = null;
  }
}

class Plans {
  readonly capacity = new Ask();

  /** The scenario as it is, without events. */
  readonly a = $derived(app.docShown && withoutEvents(app.docShown));
  readonly sites = $derived.by((): KnownSite[] => {
    const own = new Set((app.doc?.site ?? []).filter((it) => it.asn).map((it) => it.name));
    return (app.result?.sites ?? []).map((site) => ({
      name: site.name,
      neighbors: site.neighbors.map((neighbor) => neighbor.asn),
      isOfWorld: !own.has(site.name),
    }));
  });
  /** The scenario after the changes. */
  readonly b = $derived(this.a && applyChanges(this.a, app.changes, this.sites));

  put(change: Change): void {
    app.setChanges(withChange(app.changes, change));
  }

  drop(place: number): void {
    app.setChanges(app.changes.filter((_, other) => other !== place));
  }

  move(place: number, by: number): void {
    const list = [...app.changes];
    const [change] = list.splice(place, 1);
    list.splice(Math.max(0, place + by), 0, change);
    app.setChanges(list);
  }

  /** Makes B the scenario, events and all: an edit that can be undone. */
  async apply(): Promise<void> {
    if (!app.doc) return;
    const next = applyChanges(app.doc, app.changes, this.sites);
    app.setChanges([]);
    await app.change(next);
  }
}

export const plans = new Plans();
