// The one store of the page: a scenario that can be edited, what the engine made of it, and where
// in time and on the map somebody looks. Components read it and call its actions; only the engine
// decides where packets go.

import type {
  ClientInfo,
  Info,
  Nearest,
  PlaceInfo,
  Problem,
  RunResult,
  RunState,
  ScenarioCard,
  ScenarioDoc,
  SiteInfo,
  SiteState,
  Steering,
} from '../engine/api';
import * as engine from '../engine/http';
import { EngineProblem, Offline } from '../engine/http';
import type { Change } from '../model/changes';
import {
  readLink,
  writeLink,
  type Layer,
  type Link,
  type Mode,
  type Screen,
  type Shown,
} from '../model/permalink';
import * as edits from '../model/scenario';
import { nameSites, titleOf } from '../model/sites';
import { standingAfter, standingSteps } from '../model/standing';
import { readWorld, Track, type World } from '../model/track';
import { Undo } from '../model/undo';
import { announcer } from './announce.svelte';
import { dotOfText, dotText, sameDot, sameSites } from './relocate';
import { player, type Run } from './player.svelte';
import { keep, keepForTab, stored } from './stored';
import { count, plural } from '../model/format';
import { distanceKm } from '../dialogs/places';
import { NONE } from '../engine/columns';
import { nearestCoast } from '../map/land';
import { isLived } from './lived';

/** A result with its arrays. */
export interface Loaded {
  doc: ScenarioDoc;
  base: ScenarioDoc | null;
  mode: Mode;
  result: RunResult;
  world: World;
  runs: Run[];
}

export type Dialog =
  | 'scenarios'
  | 'share'
  | 'export'
  | 'import'
  | 'assumptions'
  | 'shortcuts'
  | 'add-client'
  | 'add-pop'
  | 'search'
  | 'insert';

export interface Toast {
  text: string;
  action?: { label: string; run: () => void };
}

/** What is selected on the map: a router, and the client that it stands for, if it is one. */
export interface Selection {
  dot: number;
  client: string | null;
}

/** A network that somebody pinned in a world without named clients. */
export interface Probe {
  dot: number;
  asn: number;
  lat: number;
  lon: number;
  text: string;
}

/** Where the menu of a site opens, in CSS pixels of the window. */
export interface PopMenuPlace {
  site: number;
  x: number;
  y: number;
}

const UNDO_KEY = 'catchment.undo';
const THEME_KEY = 'catchment.theme';
const KEYS_KEY = 'catchment.keys';
/** A first event leaves a moment in which one sees how it was. */
const FIRST_EVENT_US = 1e6;
const TOAST_MS = 8000;
const BUSY_AFTER_MS = 150;

function cancelled(): Problem {
  const title = 'Nothing was opened: that was cancelled';
  return { type: 'cancelled', title, status: 499, help: '', mistakes: [] };
}

function unexpected(error: unknown): Problem {
  const help = error instanceof Error ? error.message : String(error);
  const title = 'This page met something that it does not know';
  return { type: 'unexpected', title, status: 0, help, mistakes: [] };
}

function noScenario(name: string): Problem {
  return {
    type: 'not-found',
    title: `There is no scenario \`${name}\``,
    status: 404,
    help: 'The button “Scenario” lists all.',
    mistakes: [],
  };
}

export class App {
  info = $state.raw<Info | null>(null);
  cards = $state.raw<ScenarioCard[]>([]);

  /** The scenario as it is edited. */
  doc = $state.raw<ScenarioDoc | null>(null);
  /** The one of the library that it came from; null for a file or a full link. */
  base = $state.raw<ScenarioDoc | null>(null);
  mode = $state<Mode>('anycast');
  screen = $state<Screen>('simulate');
  /** What the Plan screen changes, in order. */
  changes = $state.raw<Change[]>([]);
  /** Whether a comparison begins with GeoDNS. */
  isSwapped = $state(false);
  loaded = $state.raw<Loaded | null>(null);
  places = $state.raw<PlaceInfo[]>([]);

  /** A run that is going on. */
  job = $state.raw<RunState | null>(null);
  /** Whether it has been going on for long enough to say so. */
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);
  offline = $state(false);
  ignored = $state.raw<string[]>([]);

  layer = $state<Layer>('catchment');
  hidden = $state.raw<ReadonlySet<number>>(new Set());
  selection = $state.raw<Selection | null>(null);
  probes = $state.raw<Probe[]>([]);
  /** The dots that packets of the selection pass, hop by hop. */
  path = $state.raw<number[]>([]);
  /** A site that is pointed at, on the map or in a list. */
  hoveredSite = $state<number | null>(null);
  /** The site whose menu is open, and where on the screen. */
  popMenu = $state.raw<PopMenuPlace | null>(null);
  dialog = $state<Dialog | null>(null);
  toast = $state.raw<Toast | null>(null);
  theme = $state<'dark' | 'light'>('dark');
  private themeChosen = false;
  embed = $state(false);
  canUndo = $state(false);
  canRedo = $state(false);
  /** What was asked and waits for a yes: an edit in the past. */
  pendingInsert = $state.raw<{ site: string; at: number; how: string } | null>(null);
  confirmedInsert = false;

  /** How a click fails a PoP, in the words of files. */
  failHow = $state('withdraw');
  /** No motion while nothing happens: for tests and pictures. */
  still = $state(false);
  /** Whether single keys act. */
  keysOn = $state(true);

  readonly result = $derived(this.loaded?.result ?? null);
  readonly world = $derived(this.loaded?.world ?? null);
  private readonly standingSteps = $derived(
    player.run ? standingSteps(player.run.report, player.time) : 0,
  );
  private readonly stood = $derived(
    player.run
      ? standingAfter(player.run.report, this.result?.sites.length ?? 0, this.standingSteps)
      : [],
  );
  /** Sites that are healthy and announced now. */
  readonly activeSites = $derived(this.stood.filter((one) => one.isActive).length);
  /** How each site stands now. What was just asked for shows before the engine has answered. */
  readonly standing = $derived.by(() => {
    const { doc, loaded, stood } = this;
    if (!doc || !loaded || doc === loaded.doc) return stood.map((one) => one.state);
    const time = this.wanted.at;
    return loaded.result.sites.map(({ name }, place) => {
      const asked = edits.siteState(doc, name, time);
      return asked === edits.siteState(loaded.doc, name, time) ? stood[place].state : asked;
    });
  });

  private readonly undoer = new Undo<ScenarioDoc>();
  private abort: AbortController | null = null;
  private toastTimer: ReturnType<typeof setTimeout> | undefined;
  private linkTimer: ReturnType<typeof setTimeout> | undefined;
  /** The mode from which Compare was asked for. */
  private modeBefore: Mode | null = null;
  private retryMs = 1000;
  private linkWritten = '';
  /** Where in time the run that is asked for should be shown. */
  private wanted = { at: 0, andPlay: false };
  /** Counts what was opened: whatever was opened before has come too late. */
  private openings = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** What could be undone when the result that is shown was asked for. */
  private undoLoaded = this.undoer.snapshot();

  /** Opens what the address says, or the first scenario. */
  async start(): Promise<void> {
    player.onSeek = () => this.tellAddress();
    this.listen();
    engine.onGone(() => this.renew());
    await this.reach(async () => {
      [this.info, this.cards] = await Promise.all([engine.info(), engine.scenarios()]);
      await this.openAddress();
    });
  }

  private listen(): void {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const calm = matchMedia('(prefers-reduced-motion: reduce)');
    const saved = stored(THEME_KEY);
    if (saved === 'dark' || saved === 'light') this.chooseTheme(saved);
    else this.theme = dark.matches ? 'dark' : 'light';
    dark.addEventListener('change', () => {
      if (!this.themeChosen) this.theme = dark.matches ? 'dark' : 'light';
    });
    this.keysOn = stored(KEYS_KEY) !== 'off';
    player.reducedMotion = calm.matches;
    calm.addEventListener('change', () => (player.reducedMotion = calm.matches));
    addEventListener('hashchange', () => {
      if (location.hash !== this.linkWritten) void this.reach(() => this.openAddress());
    });
  }

  private async openAddress(): Promise<void> {
    const { link, ignored } = await readLink(location.hash);
    this.ignored = ignored;
    if (link.theme) this.chooseTheme(link.theme);
    const query = new URLSearchParams(location.search);
    const fragment = new URLSearchParams(location.hash.replace(/^[^?]*\??/, ''));
    this.embed = link.embed ?? query.get('embed') === '1';
    this.still = (query.get('anim') ?? fragment.get('anim')) === '0';
    if (link.layer) this.layer = link.layer;
    await this.openLink(link);
  }

  private async openLink(link: Link, andPlay = false): Promise<void> {
    this.openings += 1;
    const opening = this.openings;
    let doc = link.doc ?? null;
    let base: ScenarioDoc | null = null;
    if (!doc) {
      const first = this.info!;
      const name = link.scenario ?? first.first;
      const isKnown = name === first.first || this.cards.some((card) => card.name === name);
      if (!isKnown) throw new EngineProblem(noScenario(name));
      const file = await engine.scenario(name);
      if (opening !== this.openings) return;
      base = file.scenario;
      doc = file.scenario;
      // The first thing that a newcomer sees is a calm world: the failure is theirs to cause.
      const calm = !link.scenario && !first.first_is_chosen;
      if (link.events) doc = { ...edits.withoutEvents(doc), event: link.events };
      else if (calm) doc = edits.withoutEvents(doc);
    }
    if (link.decision) doc = edits.setRule(doc, 'decision', link.decision);
    this.mode = link.mode ?? doc.steering ?? 'anycast';
    this.modeBefore = null;
    this.isSwapped = link.swap ?? false;
    this.screen = link.screen ?? 'simulate';
    this.changes = link.changes ?? [];
    this.base = base;
    this.doc = doc;
    this.selection = null;
    this.probes = [];
    this.hidden = new Set();
    this.popMenu = null;
    this.restoreUndo(doc);
    if (!(await this.play(link.time ?? 0, andPlay)) || opening !== this.openings) return;
    if (link.clients) await this.placeClients(link.clients, link.time ?? 0);
    if (opening !== this.openings) return;
    if (link.selected && !this.selectByName(link.selected)) {
      this.ignore(`sel=${link.selected}`, 'nobody here has that name');
    }
    if (link.hash && this.result && link.hash !== this.result.hash) {
      const newer = link.engine && link.engine !== this.result.engine;
      this.say(
        newer
          ? 'Recomputed with another engine: results may differ from those of whoever sent the link.'
          : 'The result differs from the one in the link.',
      );
    }
  }

  /** Opens a scenario of the library, and plays its events. "Back" leads to the one before. */
  async openScenario(name: string): Promise<void> {
    this.dialog = null;
    history.pushState(null, '', location.href);
    await this.reach(() => this.openLink({ scenario: name }, true));
  }

  /** Opens a scenario from a file. */
  async openDoc(doc: ScenarioDoc): Promise<void> {
    this.dialog = null;
    await this.reach(() => this.openLink({ doc }, true));
  }

  // ---- runs ----

  private steering(mode: Mode): Steering[] {
    if (mode !== 'compare') return [mode];
    return this.isSwapped ? ['geodns', 'anycast'] : ['anycast', 'geodns'];
  }

  /** Asks the engine, and goes to a time of the answer. Says whether there was one. */
  private async play(at: number, andPlay: boolean): Promise<boolean> {
    const { doc, base, mode } = this;
    if (!doc) return false;
    this.wanted = { at, andPlay };
    this.abort?.abort(new DOMException('a newer edit', 'AbortError'));
    const abort = new AbortController();
    this.abort = abort;
    player.pause();
    const busyTimer = setTimeout(() => (this.busy = true), BUSY_AFTER_MS);
    try {
      const onProgress = (state: RunState) => (this.job = state);
      const result = await engine.play(doc, this.steering(mode), onProgress, abort.signal);
      const loaded = { ...(await this.load(result, abort.signal)), doc, base, mode };
      if (abort.signal.aborted) return false;
      nameSites(result.sites, doc);
      const before = this.loaded;
      this.loaded = loaded;
      player.show(result, loaded.runs);
      this.problem = null;
      this.offline = false;
      this.undoLoaded = this.undoer.snapshot();
      if (before) this.relocate(before, loaded);
      player.seek(Math.min(at, player.end));
      if (andPlay && player.time < player.end) player.resume();
      this.tellAddress();
      return true;
    } catch (error) {
      if (!abort.signal.aborted) this.fail(error);
      return false;
    } finally {
      clearTimeout(busyTimer);
      if (this.abort === abort) {
        this.abort = null;
        this.job = null;
        this.busy = false;
      }
    }
  }

  /** Fetches the arrays of a result. */
  private async load(result: RunResult, signal: AbortSignal) {
    const { hash } = result;
    const known = this.loaded?.world.id === result.world.id ? this.loaded.world : null;
    const [world, ...timelines] = await Promise.all([
      known ?? engine.world(hash, signal).then((columns) => readWorld(result.world.id, columns)),
      ...result.runs.map((_, run) => engine.timeline(hash, run, signal)),
    ]);
    if (!known) {
      this.places = [];
      void engine.places(hash).then(
        (places) => (this.places = places),
        () => undefined,
      );
    }
    const runs = result.runs.map((report, run) => ({
      report,
      track: new Track(result, report, world, timelines[run]),
    }));
    return { result, world, runs };
  }

  /** Whether the engine is being asked. */
  get isWorking(): boolean {
    return this.abort !== null;
  }

  /** Gives up the run that is going on, and the edit that asked for it. */
  cancel(): void {
    if (!this.abort) return;
    this.abort.abort(new DOMException('cancelled', 'AbortError'));
    this.abort = null;
    this.job = null;
    this.busy = false;
    if (!this.loaded) {
      this.problem = cancelled();
      return;
    }
    this.takeBack();
    this.say('Cancelled.');
  }

  /** Goes back to the scenario that is shown. */
  private takeBack(): void {
    if (!this.loaded) return;
    this.doc = this.loaded.doc;
    this.base = this.loaded.base;
    this.mode = this.loaded.mode;
    this.undoer.restore(this.undoLoaded);
    this.undoChanged();
  }

  private fail(error: unknown): void {
    if (error instanceof Offline) {
      this.offline = true;
      announcer.insist('The engine does not answer. The last result is shown.');
      clearTimeout(this.retryTimer);
      this.retryTimer = setTimeout(() => void this.retry(), this.retryMs);
      this.retryMs = Math.min(this.retryMs * 2, 15000);
      return;
    }
    this.problem = error instanceof EngineProblem ? error.problem : unexpected(error);
    const { status } = this.problem;
    // What the engine refuses is not applied: the picture and the scenario stay one.
    if (status >= 400 && status < 500 && status !== 429) this.takeBack();
    announcer.insist(this.problem.title);
  }

  /** Runs what needs the engine, and shows what goes wrong. */
  private async reach(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Asks again after the engine was away. */
  async retry(): Promise<void> {
    clearTimeout(this.retryTimer);
    await this.reach(async () => {
      this.info = await engine.info();
      if (this.offline) announcer.insist('The engine answers again.');
      this.offline = false;
      this.retryMs = 1000;
      this.problem = null;
      if (this.cards.length === 0) this.cards = await engine.scenarios();
      if (!this.doc || !this.loaded) await this.openAddress();
      else if (this.loaded?.doc !== this.doc || this.loaded.mode !== this.mode) {
        await this.play(this.wanted.at, this.wanted.andPlay);
      }
    });
  }

  /** Has the engine make the result anew that is shown, after it dropped it. */
  private async renew(): Promise<void> {
    if (!this.loaded) return;
    const { doc, mode } = this.loaded;
    const nobody = new AbortController();
    await engine.play(doc, this.steering(mode), () => undefined, nobody.signal);
  }

  // ---- edits ----

  private async edit(next: ScenarioDoc, at: number, andPlay: boolean): Promise<void> {
    if (!this.doc || edits.equal(next, this.doc)) return;
    this.undoer.push(this.doc);
    this.doc = next;
    this.undoChanged();
    // At once: who reloads while it plays on finds what they did.
    void this.writeAddress();
    await this.play(at, andPlay);
  }

  async undo(): Promise<void> {
    await this.back(this.doc && this.undoer.undo(this.doc), 'Undone.');
  }

  async redo(): Promise<void> {
    await this.back(this.doc && this.undoer.redo(this.doc), 'Redone.');
  }

  private async back(doc: ScenarioDoc | null, said: string): Promise<void> {
    if (!doc) return;
    this.doc = doc;
    this.undoChanged();
    announcer.say(said);
    await this.play(player.time, false);
  }

  private undoChanged(): void {
    this.canUndo = this.undoer.canUndo;
    this.canRedo = this.undoer.canRedo;
    keepForTab(UNDO_KEY, JSON.stringify({ now: this.doc, undo: this.undoer.save() }));
  }

  /** After a reload, what was done before can still be undone. */
  private restoreUndo(doc: ScenarioDoc): void {
    const saved = stored(UNDO_KEY);
    try {
      const { now, undo } = JSON.parse(saved ?? '') as { now: ScenarioDoc; undo: string };
      if (edits.equal(now, doc)) this.undoer.load(undo);
      else this.undoer.load('{"past":[],"future":[]}');
    } catch {
      this.undoer.load('{"past":[],"future":[]}');
    }
    this.canUndo = this.undoer.canUndo;
    this.canRedo = this.undoer.canRedo;
  }

  /** When an event that is caused now happens: with the one before, if that is still computed. */
  private nextEventTime(): number {
    const waits = this.isWorking && this.wanted.andPlay;
    const now = waits ? this.wanted.at : player.time;
    const hasLater = edits.events(this.doc!).some((event) => edits.timeOf(event) > now);
    if (waits || !player.isLive || hasLater) return Math.ceil(now / 1e3) * 1e3;
    return Math.max(FIRST_EVENT_US, (Math.floor(player.end / 1e6) + 1) * 1e6);
  }

  siteStateNow(site: SiteInfo): SiteState {
    return this.standing[this.result?.sites.indexOf(site) ?? -1] ?? 'up';
  }

  /** Fails a site now, or restores it (B6). In the past it asks once. */
  async togglePop(site: SiteInfo, how = this.failHow): Promise<void> {
    if (!this.doc) return;
    const at = this.nextEventTime();
    const later = edits.events(this.doc).filter((event) => edits.timeOf(event) > at);
    if (later.length > 0 && !this.confirmedInsert) {
      this.pendingInsert = { site: site.name, at, how };
      player.pause();
      this.dialog = 'insert';
      return;
    }
    await this.toggleAt(site, at, how);
  }

  /** What the dialog about the past does on yes. */
  async confirmInsert(): Promise<void> {
    const pending = this.pendingInsert;
    this.pendingInsert = null;
    this.dialog = null;
    this.confirmedInsert = true;
    const site = this.result?.sites.find((one) => one.name === pending?.site);
    if (pending && site) await this.toggleAt(site, pending.at, pending.how);
  }

  private async toggleAt(site: SiteInfo, at: number, how: string): Promise<void> {
    const wasUp = edits.siteState(this.doc!, site.name, at) === 'up';
    const done = wasUp ? (how === 'drain' ? 'drained' : 'failed') : 'restored';
    const next = edits.toggleSite(this.doc!, site.name, at, how);
    const title = titleOf(this.result?.sites ?? [], site);
    this.say(`${title} ${done}`, { label: 'Undo', run: () => void this.undo() });
    const served = this.servedBy(site);
    announcer.say(
      `${title} ${done}.` + (wasUp ? ` ${plural(served, 'network', 'networks')} affected.` : ''),
    );
    await this.edit(next, at, true);
  }

  private servedBy(site: SiteInfo): number {
    if (!this.result || !player.run) return 0;
    const counts = player.run.track.sourcesBySite(this.result.sites.length);
    return counts[this.result.sites.indexOf(site)] ?? 0;
  }

  async restoreAll(): Promise<void> {
    if (!this.doc || !this.result) return;
    const at = this.nextEventTime();
    const names = this.result.sites.map((site) => site.name);
    const next = edits.restoreAll(this.doc, names, at);
    const gaveUp = this.activeSites < names.length && edits.equal(next, this.doc);
    if (gaveUp)
      this.say('No event failed these PoPs: they withdrew under load, or never announced.');
    await this.edit(next, at, true);
  }

  async addEvent(event: Record<string, unknown>): Promise<void> {
    if (!this.doc) return;
    const at = this.nextEventTime();
    const timed = { ...event, at: edits.writeAt(at) };
    await this.edit(edits.addEvent(this.doc, timed), at, true);
  }

  /** Adds several events of one instant. */
  async addEvents(list: Record<string, unknown>[]): Promise<void> {
    if (!this.doc) return;
    const at = this.nextEventTime();
    const add = (doc: ScenarioDoc, event: Record<string, unknown>) =>
      edits.addEvent(doc, { ...event, at: edits.writeAt(at) });
    await this.edit(list.reduce(add, this.doc), at, true);
  }

  /** Removes an event of the result, by its place in the scenario that was played. */
  async removeEvent(index: number): Promise<void> {
    const now = this.placeNow(edits.events, index);
    if (now >= 0) await this.edit(edits.removeEvent(this.doc!, now), player.time, false);
  }

  async moveEvent(index: number, at: number): Promise<void> {
    const now = this.placeNow(edits.events, index);
    if (now >= 0) await this.edit(edits.moveEvent(this.doc!, now, at), at, false);
  }

  /** Where an entry of the scenario that was played stands in the one that is edited; -1 if gone. */
  private placeNow<Entry>(list: (doc: ScenarioDoc) => Entry[], index: number): number {
    if (!this.doc || !this.loaded) return -1;
    const entry = list(this.loaded.doc)[index];
    return entry === undefined ? -1 : list(this.doc).indexOf(entry);
  }

  async clearEvents(): Promise<void> {
    if (this.doc) await this.edit(edits.withoutEvents(this.doc), 0, false);
  }

  async setMode(mode: Mode): Promise<void> {
    if (mode === this.mode) return;
    if (mode === 'compare') this.modeBefore = this.mode;
    // Who watches now goes on watching: where one scheme is done, another has just begun.
    const goesOn = player.playing || (player.isLive && player.eventNow >= 0);
    this.mode = mode;
    await this.play(player.time, goesOn);
  }

  /** To Compare, and back to the mode it was asked for in. */
  async toggleCompare(): Promise<void> {
    const before = this.modeBefore ?? this.doc?.steering ?? 'anycast';
    await this.setMode(this.mode === 'compare' ? before : 'compare');
  }

  /** Exchanges the two sides of a comparison. */
  async swap(): Promise<void> {
    if (this.mode !== 'compare') return;
    this.isSwapped = !this.isSwapped;
    await this.play(player.time, player.playing);
  }

  /** Puts any scenario in the place of this one, as an edit that can be undone. */
  async change(next: ScenarioDoc): Promise<void> {
    await this.edit(next, player.time, false);
  }

  /** The same with events of its own, which play from the first on. */
  async playEvents(next: ScenarioDoc): Promise<void> {
    const first = edits.events(next)[0];
    const at = first ? edits.timeOf(first) : 0;
    if (edits.equal(next, this.doc)) await this.play(at, true);
    else await this.edit(next, at, true);
  }

  async toggleRules(): Promise<void> {
    if (!this.doc) return;
    const next = this.decision === 'textbook' ? 'policy' : 'textbook';
    await this.change(edits.setRule(this.doc, 'decision', next));
  }

  /** `textbook` or `policy`. */
  get decision(): string {
    return this.result?.rules.find((rule) => rule.name === 'decision')?.value ?? 'policy';
  }

  /**
   * Adds a client at a place (B5), or pins the nearest network where the world has no clients: in
   * the place of another pin, if that was moved there.
   */
  async addClientAt(lat: number, lon: number, moved?: Probe): Promise<void> {
    const { result } = this;
    if (!result) return;
    await this.reach(async () => {
      const near = await engine.nearest(result.hash, lat, lon);
      if (!this.doc) return;
      if (!(await isLived(lat, lon))) return this.refuseSea(near, lat, lon);
      if (near.client) {
        const client = edits.withOwnAs(this.doc, near.client, this.asns);
        await this.edit(edits.addClient(this.doc, client), player.time, false);
        const added = this.result?.clients.find((one) => one.asn === client.asn);
        if (!added) return;
        this.select(added.dot);
        this.sayClient(added, near.text);
      } else {
        this.probes = this.probes.filter((other) => other !== moved);
        this.pin({ dot: near.dot, asn: near.asn, lat, lon, text: near.text });
        if (this.selection?.dot !== near.dot) this.select(near.dot);
        this.say(near.text);
      }
      this.tellAddress();
    });
  }

  /** Nobody lives there: says who is nearest, and offers the coast. */
  private refuseSea(near: Nearest, lat: number, lon: number): void {
    const coast = nearestCoast(lon, lat);
    this.say(
      `${this.seaReason(near, lat, lon)}.`,
      coast
        ? {
            label: 'Add at the nearest coast',
            run: () => void this.addClientAt(coast.lat, coast.lon),
          }
        : undefined,
    );
  }

  private seaReason(near: Nearest, lat: number, lon: number): string {
    const { world, places } = this;
    const place = world?.place[near.dot] ?? NONE;
    if (!world || place === NONE) return 'Clients live on land';
    const there = { lat: world.placeLat[place], lon: world.placeLon[place] };
    const city = places[place]?.name;
    const km = count(distanceKm({ lat, lon }, there));
    return `Clients live on land; the nearest network is ${km}\u202fkm away${city ? `, in ${city}` : ''}`;
  }

  /** The AS numbers that the world has. */
  private get asns(): ReadonlySet<number> {
    return new Set(this.world?.asn);
  }

  private pin(probe: Probe): void {
    this.probes = [...this.probes.filter((other) => other.dot !== probe.dot), probe];
  }

  /** Puts the clients of a link where it says, all at once. */
  private async placeClients(places: [number, number][], at: number): Promise<void> {
    const { result, doc } = this;
    if (!result || !doc) return;
    let next = doc;
    for (const [lat, lon] of places) {
      const near = await engine.nearest(result.hash, lat, lon);
      if (!(await isLived(lat, lon))) {
        this.ignore(`c=${lat},${lon}`, this.seaReason(near, lat, lon).toLowerCase());
      } else if (near.client)
        next = edits.addClient(next, edits.withOwnAs(next, near.client, this.asns));
      else this.pin({ dot: near.dot, asn: near.asn, lat, lon, text: near.text });
    }
    if (next === doc || this.doc !== doc) return;
    this.doc = next;
    await this.play(at, false);
  }

  private sayClient(client: ClientInfo, text: string): void {
    const undo = { label: 'Undo', run: () => void this.undo() };
    this.say(text || `${client.name} added`, undo);
  }

  async removeClient(client: ClientInfo): Promise<void> {
    const now = client.index === null ? -1 : this.placeNow(edits.clients, client.index);
    if (now >= 0) await this.edit(edits.removeClient(this.doc!, now), player.time, false);
  }

  /** Says whether it was moved: not into the sea, and not if it belongs to the world. */
  async moveClient(client: ClientInfo, lat: number, lon: number): Promise<boolean> {
    const { result } = this;
    if (!result || client.index === null) return false;
    const index = client.index;
    let isMoved = false;
    await this.reach(async () => {
      const near = await engine.nearest(result.hash, lat, lon);
      const isRefused = !(await isLived(lat, lon));
      const now = this.placeNow(edits.clients, index);
      if (!near.client || now < 0) return;
      if (isRefused) return this.say(`${this.seaReason(near, lat, lon)}.`);
      isMoved = true;
      const isSelected = this.selection?.dot === client.dot;
      await this.edit(edits.moveClient(this.doc!, now, near.client), player.time, false);
      // A client elsewhere has another router, so it is not found again by that.
      const moved = this.result?.clients.find((one) => one.index === now);
      if (isSelected && moved && this.selection?.dot !== moved.dot) this.select(moved.dot);
    });
    return isMoved;
  }

  // ---- looking ----

  select(dot: number | null): void {
    if (dot === null || this.selection?.dot === dot) this.selection = null;
    else {
      const client = this.result?.clients.find((one) => one.dot === dot);
      this.selection = { dot, client: client?.name ?? null };
    }
    player.redraw();
    this.tellAddress();
  }

  /** Says whether there is one. */
  private selectByName(text: string): boolean {
    const client = this.result?.clients.find((one) => text === `c:${one.name}`);
    const dot = client?.dot ?? (this.world && dotOfText(this.world, text)) ?? null;
    if (dot !== null && dot !== this.selection?.dot) this.select(dot);
    return dot !== null;
  }

  /** Lists a part of the link that was left out, with the reason. */
  private ignore(part: string, reason: string): void {
    this.ignored = [...this.ignored, `${part} (${reason})`];
  }

  /** Finds again what was chosen, in a result that may number routers and sites otherwise. */
  private relocate(before: Loaded, after: Loaded): void {
    const moved = (dot: number) => sameDot(before.world, after.world, dot);
    if (this.selection) {
      const dot = moved(this.selection.dot);
      const client = after.result.clients.find((one) => one.dot === dot);
      this.selection = dot === null ? null : { dot, client: client?.name ?? null };
    }
    this.probes = this.probes.flatMap((probe) => {
      const dot = moved(probe.dot);
      return dot === null ? [] : [{ ...probe, dot }];
    });
    this.hidden = sameSites(before.result, after.result, this.hidden);
    const names = (loaded: Loaded) => loaded.result.sites.map((site) => site.name).join(' ');
    if (names(before) !== names(after)) {
      this.popMenu = null;
      this.hoveredSite = null;
    }
  }

  toggleSite(site: number, solo: boolean): void {
    const all = this.result?.sites.map((_, index) => index) ?? [];
    const others = all.filter((one) => one !== site);
    if (solo) {
      const isSolo = others.every((one) => this.hidden.has(one)) && !this.hidden.has(site);
      this.hidden = new Set(isSolo ? [] : others);
    } else {
      const next = new Set(this.hidden);
      if (!next.delete(site)) next.add(site);
      this.hidden = next;
    }
    player.redraw();
  }

  chooseTheme(theme: 'dark' | 'light'): void {
    this.themeChosen = true;
    this.theme = theme;
    player.redraw();
    keep(THEME_KEY, theme);
    this.tellAddress();
  }

  setKeys(on: boolean): void {
    this.keysOn = on;
    keep(KEYS_KEY, on ? 'on' : 'off');
  }

  setScreen(screen: Screen): void {
    player.pause();
    this.screen = screen;
    this.popMenu = null;
    this.tellAddress();
  }

  setChanges(changes: Change[]): void {
    this.changes = changes;
    this.tellAddress();
  }

  setLayer(layer: Layer): void {
    this.layer = layer;
    player.redraw();
    this.tellAddress();
  }

  say(text: string, action?: Toast['action']): void {
    clearTimeout(this.toastTimer);
    this.toast = { text, action };
    this.toastTimer = setTimeout(() => (this.toast = null), TOAST_MS);
  }

  /** The scenario as it is shown: steered as the mode says. Compare is no steering. */
  get docShown(): ScenarioDoc | null {
    const { doc, mode } = this;
    if (!doc || mode === 'compare' || mode === (doc.steering ?? 'anycast')) return doc;
    return { ...doc, steering: mode };
  }

  // ---- the address ----

  shown(): Shown | null {
    if (!this.doc) return null;
    const { selection } = this;
    const name = selection && (selection.client ? `c:${selection.client}` : null);
    const asn = selection && this.world ? dotText(this.world, selection.dot) : undefined;
    return {
      doc: this.doc,
      base: this.base,
      screen: this.screen,
      changes: this.changes,
      mode: this.mode,
      swap: this.isSwapped,
      time: player.time,
      selected: name ?? asn,
      layer: this.layer,
      theme: this.themeChosen ? this.theme : undefined,
      embed: this.embed,
      pins: this.probes.map((probe) => [probe.lat, probe.lon]),
    };
  }

  /** Writes the address once nothing has changed for a moment. */
  private tellAddress(): void {
    clearTimeout(this.linkTimer);
    if (player.playing) return;
    this.linkTimer = setTimeout(() => void this.writeAddress(), 300);
  }

  private async writeAddress(): Promise<void> {
    const shown = this.shown();
    if (!shown) return;
    this.linkWritten = await writeLink(shown);
    const { pathname, search } = location;
    history.replaceState(null, '', pathname + search + this.linkWritten);
  }
}

export const app = new App();
