// What the Plan screen asks: the scenario as it is (A), the same after a list of changes (B), and
// the answers to questions about them. Plans do not play events.

import type {
  EventDoc,
  PlanAnswer,
  PlanQuestion,
  Problem,
  RunState,
  ScenarioDoc,
  SectionInfo,
} from '../engine/api';
import * as engine from '../engine/http';
import { EngineProblem, Offline } from '../engine/http';
import { sectionOf, sectionOfRows } from '../model/answer';
import {
  applyChange,
  applyChanges,
  withChange,
  type Change,
  type KnownSite,
} from '../model/changes';
import { extrasOf, landings, waysOf, type Ways } from '../model/networks';
import { equal, withoutEvents } from '../model/scenario';
import { readWorld } from '../model/track';
import { app } from './app.svelte';

/** Units of the table of networks, which says none as JSON. */
const UNITS: Record<string, string> = {
  demand: 'kq/s',
  moved: 'kq/s',
  rtt_a_ms: 'ms',
  rtt_b_ms: 'ms',
  change_ms: 'ms',
};

/** In a world of more networks nothing is asked that nobody asked for. */
const LARGE = 20_000;

export function away(error: unknown): Problem {
  if (error instanceof EngineProblem) return error.problem;
  const isOffline = error instanceof Offline;
  return {
    type: isOffline ? 'offline' : 'unexpected',
    title: isOffline ? 'The engine does not answer' : 'This page met something it does not know',
    status: 0,
    help: isOffline ? 'Ask again once it is there.' : String(error),
    mistakes: [],
  };
}

/** Who answers a question about a scenario. */
type Engine<Answer, Question> = (
  doc: ScenarioDoc,
  question: Question,
  onProgress: (state: RunState) => void,
  signal: AbortSignal,
) => Promise<Answer>;

/** One question, and the last answer to it. */
export class Ask<Answer = PlanAnswer, Question = PlanQuestion> {
  answer = $state.raw<Answer | null>(null);
  job = $state.raw<RunState | null>(null);
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);
  /** What the answer, or the refusal, is to. */
  private asked = $state.raw<{ doc: ScenarioDoc; question: Question } | null>(null);

  private abort: AbortController | null = null;

  constructor(private readonly engine: Engine<Answer, Question>) {}

  /** Whether this is what was asked last. */
  fits(doc: ScenarioDoc, question: Question): boolean {
    return this.asked !== null && equal(this.asked, { doc, question });
  }

  /** Asks, unless the same was asked last. What was under way is given up. */
  async ask(doc: ScenarioDoc, question: Question, again = false): Promise<void> {
    if (!again && this.fits(doc, question)) return;
    this.abort?.abort(new DOMException('a newer question', 'AbortError'));
    const abort = new AbortController();
    this.abort = abort;
    this.asked = { doc, question };
    this.busy = true;
    try {
      const onProgress = (state: RunState) => (this.job = state);
      const answer = await this.engine(doc, question, onProgress, abort.signal);
      if (abort.signal.aborted) return;
      this.answer = answer;
      this.problem = null;
    } catch (error) {
      if (abort.signal.aborted) return;
      // What an engine answered that is away now is still worth something.
      if (error instanceof Offline) this.asked = null;
      else this.answer = null;
      this.problem = away(error);
    } finally {
      if (this.abort === abort) {
        this.busy = false;
        this.job = null;
        this.abort = null;
      }
    }
  }

  /** Gives up what is under way, and what was answered. */
  forget(): void {
    this.cancel();
    this.answer = null;
    this.problem = null;
  }

  /** Gives up what is under way. What was answered before stays, as an answer to something else. */
  cancel(): void {
    this.abort?.abort(new DOMException('cancelled', 'AbortError'));
    this.abort = null;
    this.asked = null;
    this.busy = false;
    this.job = null;
  }
}

/** The ways of all networks at the start of a run. */
async function ways(
  doc: ScenarioDoc,
  onProgress: (state: RunState) => void,
  signal: AbortSignal,
): Promise<Ways> {
  const result = await engine.play(doc, [], onProgress, signal);
  const { hash } = result;
  const [world, places, timeline, trips] = await Promise.all([
    engine.world(hash, signal),
    engine.places(hash),
    engine.timeline(hash, 0, signal),
    engine.rtt(hash, 0, 0, signal),
  ]);
  return waysOf(result, readWorld(result.world.id, world), places, timeline, trips);
}

const bothWays: Engine<Record<'a' | 'b', Ways>, { before: ScenarioDoc }> = async (
  doc,
  { before },
  onProgress,
  signal,
) => {
  const a = await ways(before, onProgress, signal);
  return { a, b: equal(before, doc) ? a : await ways(doc, onProgress, signal) };
};

class Plans {
  readonly capacity = new Ask(engine.plan);
  readonly diff = new Ask(engine.plan);
  readonly steer = new Ask(engine.plan);
  readonly attack = new Ask(engine.plan);
  readonly residency = new Ask(engine.plan);
  /** What runs of A and B say of networks that plans do not. */
  readonly ways = new Ask<Record<'a' | 'b', Ways>, { before: ScenarioDoc }>(bothWays);
  /** The table of networks, where it came on its own: of the diff with that hash. */
  private fetched = $state.raw<{ hash: string; section: SectionInfo } | null>(null);
  fetching = $state<'' | 'fetching' | 'failed'>('');
  /** What each change does, by its place in the list. */
  shifts = $state.raw<Ask[]>([]);
  /** A site that is pointed at in a table: other cards show where it is. */
  pointed = $state<string | null>(null);

  /** What was applied: whoever undoes it gets the list back. */
  private applied: { doc: ScenarioDoc; changes: Change[] } | null = null;

  /** The scenario as it is, without events. */
  readonly a = $derived(app.docShown && withoutEvents(app.docShown));
  readonly sites = $derived.by((): KnownSite[] => {
    const own = new Set((app.doc?.site ?? []).filter((it) => it.asn).map((it) => it.name));
    const known = (app.result?.sites ?? []).map((site) => ({
      name: site.name,
      neighbors: site.neighbors.map((neighbor) => neighbor.asn),
      isOfWorld: !own.has(site.name),
    }));
    const added = app.changes.flatMap((change) =>
      change.kind === 'add'
        ? [
            {
              name: change.site.name,
              neighbors: (change.site.neighbors ?? []).map(({ asn }) => asn),
              isOfWorld: false,
            },
          ]
        : [],
    );
    return [...known, ...added.filter(({ name }) => known.every((one) => one.name !== name))];
  });
  /** The scenario after the changes. */
  readonly b = $derived(this.a && applyChanges(this.a, app.changes, this.sites));
  /** The same with its events: the sizes of its attacks are what an attack is asked about first. */
  readonly whole = $derived(app.docShown && applyChanges(app.docShown, app.changes, this.sites));
  /** Every source of demand in A and B; `null` until it is there. One of many rows comes on its own. */
  readonly networks = $derived.by((): SectionInfo | null => {
    const { answer } = this.diff;
    const inside = sectionOf(answer, 'networks');
    if (inside && inside.columns.length > 0) return inside;
    return answer && this.fetched?.hash === answer.hash ? this.fetched.section : null;
  });
  /** What runs say of those networks, if they are of the same A and B. */
  readonly extras = $derived.by(() => {
    const { a, b, networks } = this;
    if (!a || !b || !networks || !this.diff.fits(b, { plan: 'diff', before: a })) return null;
    const known = this.ways.fits(b, { before: a }) ? this.ways.answer : null;
    return known && extrasOf(networks, known);
  });
  /** Who lands at each site in B. */
  readonly landings = $derived(this.networks && landings(this.networks, this.extras));
  /** Whether answers take seconds. */
  readonly isLarge = $derived((app.world?.asn.length ?? 0) > LARGE);

  /** The scenario before each change, and after the last. */
  readonly stages = $derived.by((): ScenarioDoc[] => {
    if (!this.a) return [];
    const stages = [this.a];
    for (const change of app.changes) {
      stages.push(applyChange(stages.at(-1)!, change, this.sites));
    }
    return stages;
  });

  /** Counts the lists that were asked about: an older one is given up. */
  private shifting = 0;

  /** Asks what each change does, one after the other: the server has other things to do too. */
  async askShifts(): Promise<void> {
    this.shifting += 1;
    const { shifting } = this;
    const stages = this.stages;
    const count = Math.max(0, stages.length - 1);
    this.shifts.slice(count).forEach((ask) => ask.cancel());
    this.shifts = Array.from(
      { length: count },
      (_, place) => this.shifts[place] ?? new Ask(engine.plan),
    );
    // What stands beside a change must not be what another one did.
    this.shifts.forEach((ask, place) => {
      const question: PlanQuestion = { plan: 'diff', before: stages[place] };
      if (!ask.fits(stages[place + 1], question)) ask.forget();
    });
    for (const [place, ask] of this.shifts.entries()) {
      if (shifting !== this.shifting) return;
      await ask.ask(stages[place + 1], { plan: 'diff', before: stages[place] });
    }
  }

  /** Asks how long the ways of all networks are. */
  async askWays(again = false): Promise<void> {
    const { a, b } = this;
    if (!a || !b) return;
    if (!this.networks && this.diff.answer) await this.fetchNetworks();
    await this.ways.ask(b, { before: a }, again);
  }

  /** Fetches the table of networks of the diff, which is too long to come with it. */
  async fetchNetworks(): Promise<void> {
    const { answer } = this.diff;
    const head = sectionOf(answer, 'networks');
    if (!answer || !head) return;
    this.fetching = 'fetching';
    try {
      const text = await (await engine.planTable(answer.hash, 'networks', 'json')).text();
      const rows = JSON.parse(text) as Record<string, number | string | null>[];
      this.fetched = { hash: answer.hash, section: sectionOfRows(head, rows, UNITS) };
      this.fetching = '';
    } catch {
      this.fetching = 'failed';
    }
  }

  put(change: Change): void {
    app.setChanges(withChange(app.changes, change));
  }

  putAll(changes: Change[]): void {
    app.setChanges(changes.reduce(withChange, app.changes));
  }

  drop(place: number): void {
    app.setChanges(app.changes.filter((_, other) => other !== place));
  }

  move(place: number, by: number): void {
    const to = place + by;
    if (to < 0 || to >= app.changes.length) return;
    const list = [...app.changes];
    const [change] = list.splice(place, 1);
    list.splice(to, 0, change);
    app.setChanges(list);
  }

  /** Makes B the scenario, events and all: an edit that can be undone. */
  async apply(): Promise<void> {
    if (!app.doc) return;
    const next = applyChanges(app.doc, app.changes, this.sites);
    this.takeAway();
    app.say('The changes are part of the scenario now', {
      label: 'Undo',
      run: () => void this.takeBack(),
    });
    await app.change(next);
  }

  /** Plays B with these events alone: an edit that can be undone. */
  async simulate(events: EventDoc[], said: string): Promise<void> {
    if (!app.doc) return;
    const next = {
      ...withoutEvents(applyChanges(app.doc, app.changes, this.sites)),
      event: events,
    };
    const also = app.changes.length > 0 ? ', with the changes of the plan' : '';
    this.takeAway();
    app.setScreen('simulate');
    app.say(said + also, { label: 'Undo', run: () => void this.takeBack() });
    await app.playEvents(next);
  }

  private takeAway(): void {
    this.applied =
      app.doc && app.changes.length > 0 ? { doc: app.doc, changes: app.changes } : null;
    app.setChanges([]);
  }

  private async takeBack(): Promise<void> {
    await app.undo();
    this.restore();
  }

  /** Puts the list back if what was applied has been undone. */
  restore(): void {
    const { applied } = this;
    if (!applied || !app.doc || app.changes.length > 0 || !equal(app.doc, applied.doc)) return;
    this.applied = null;
    app.setChanges(applied.changes);
  }
}

export const plans = new Plans();
