// Single keys for everything (ui.md 3.4). Whoever has the focus goes first: text fields keep all
// keys, sliders their arrows, buttons Space and Enter.

import { fateSite } from '../engine/columns';
import { clock } from '../model/format';
import { announcer } from '../state/announce.svelte';
import { app, type Dialog } from '../state/app.svelte';
import { player } from '../state/player.svelte';
import { LAYERS, MODES, type Mode } from '../model/permalink';
import { SPEEDS } from '../model/pace';
import { KEYED } from '../model/sites';
import { barOrder } from '../panels/bars';
import { frame } from './frame.svelte';

const PAN_PX = 60;

function cycle<T>(all: readonly T[], now: T, by = 1): T {
  return all[(all.indexOf(now) + by + all.length) % all.length];
}

function modesNow(): Mode[] {
  const hasRegions = Object.keys(app.doc?.service.regional ?? {}).length > 0;
  return MODES.filter((mode) => mode !== 'hybrid' || hasRegions || app.mode === 'hybrid');
}

function changeSpeed(by: number): void {
  const numbers = SPEEDS.filter((speed) => speed !== 'fit');
  if (player.speed !== 'fit') {
    const place = numbers.indexOf(player.speed) + by;
    player.speed = numbers[Math.min(numbers.length - 1, Math.max(0, place))];
    return;
  }
  // From "fit", the next of the fixed ones.
  const now = player.pace.factor(player.time, 'fit');
  const next = by > 0 ? numbers.find((one) => one > now) : numbers.findLast((one) => one < now);
  player.speed = next ?? (by > 0 ? numbers.at(-1)! : numbers[0]);
}

/** Sites are counted as the list of loads shows them. */
function toggleSite(place: number): void {
  const { result } = app;
  if (!result || !player.run) return;
  const site = result.sites[barOrder(result, player.run.report, player.eventNow)[place]];
  if (site) void app.togglePop(site);
}

/** Shows a network and the site where its packets go: a dot alone would be all there is to see. */
export function fitDot(dot: number): void {
  const { run } = player;
  const { result } = app;
  const site = run ? result?.sites[fateSite(run.track.fate(dot))] : undefined;
  frame.map?.fitDots(site ? [dot, site.dot] : [dot]);
}

function fitSelection(): void {
  const { map } = frame;
  if (!map || !player.run || !app.result) return;
  if (app.selection) return fitDot(app.selection.dot);
  map.fitDots([
    ...app.result.sites.map((site) => site.dot),
    ...app.result.clients.map((one) => one.dot),
  ]);
}

function escape(): void {
  if (app.isWorking && app.busy) app.cancel();
  else if (frame.crosshair) frame.crosshair = false;
  else if (app.toast) app.toast = null;
  else if (frame.brush) frame.brush = null;
  else if (app.selection) app.select(null);
  else if (player.loop) player.setLoop(null);
}

/** Where a loop begins whose end is not told yet, in µs. */
let loopFrom: number | null = null;

/** Begins a loop, ends it at another time, and takes it away: one key for all three. */
function loop(): void {
  const { time } = player;
  if (player.loop) {
    player.setLoop(null);
    announcer.say('The loop is gone.');
  } else if (loopFrom === null || loopFrom === time || loopFrom > player.end) {
    loopFrom = time;
    app.say(`A loop begins at ${clock(time)}. Press B again where it ends.`);
    return;
  } else {
    player.setLoop({ from: Math.min(loopFrom, time), to: Math.max(loopFrom, time) });
    app.say(`A loop from ${clock(player.loop!.from)} to ${clock(player.loop!.to)}. B ends it.`);
  }
  loopFrom = null;
}

/** To the next or previous change of what is selected, or of anything. */
function stepSelection(back: boolean): void {
  if (app.selection) player.stepDot(app.selection.dot, back);
  else player.step(back);
}

function seekTo(time: number): void {
  player.pause();
  player.seek(time);
}

const pan = (x: number, y: number) => () => frame.maps.forEach((map) => map.pan(x, y));
const zoom = (factor: number) => () => frame.maps.forEach((map) => map.zoomBy(factor));

const open = (dialog: Dialog) => () => {
  frame.takeTyped();
  app.dialog = dialog;
};

const ACTIONS: Record<string, () => void> = {
  ' ': () => player.togglePlay(),
  ',': () => player.step(true),
  '.': () => player.step(false),
  '<': () => stepSelection(true),
  '>': () => stepSelection(false),
  Home: () => seekTo(0),
  End: () => seekTo(player.end),
  '[': () => changeSpeed(-1),
  ']': () => changeSpeed(1),
  b: loop,
  r: () => void app.restoreAll(),
  c: open('add-client'),
  A: open('add-pop'),
  // Without a brush it says how one is made.
  n: () => void import('./brush').then(({ makeClients }) => makeClients()),
  x: () => (frame.crosshair = !frame.crosshair),
  f: fitSelection,
  m: () => void app.setMode(cycle(modesNow(), app.mode)),
  d: () => void app.toggleCompare(),
  p: () => app.setScreen(app.screen === 'plan' ? 'simulate' : 'plan'),
  l: () => app.setLayer(cycle(LAYERS, app.layer)),
  w: () => frame.showWhy(),
  t: () => app.chooseTheme(app.theme === 'dark' ? 'light' : 'dark'),
  s: open('share'),
  e: open('export'),
  o: open('scenarios'),
  '/': open('search'),
  '?': open('shortcuts'),
  Escape: escape,
  '+': zoom(1.5),
  '=': zoom(1.5),
  '-': zoom(1 / 1.5),
  '0': () => frame.maps.forEach((map) => map.zoomHome()),
  ArrowLeft: pan(-PAN_PX, 0),
  ArrowRight: pan(PAN_PX, 0),
  ArrowUp: pan(0, -PAN_PX),
  ArrowDown: pan(0, PAN_PX),
};

/** Keys that move within whatever has the focus. */
const MOVES = new Set(['Home', 'End', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']);

/** Whether the element that has the focus wants a key for itself. */
function wants(target: Element, key: string): boolean {
  const isField = target.matches('input, textarea, select, [contenteditable]');
  const isSlider = target.matches('input[type="range"]');
  const isTick = target.matches('input[type="checkbox"], input[type="radio"]');
  if (isField && !isSlider && !isTick) return key !== 'Escape';
  if (isSlider && MOVES.has(key)) return true;
  const isButton = target.matches(
    'button, a[href], summary, [role="button"], input[type="checkbox"]',
  );
  // A mark on the map that was clicked keeps the focus, and does not ask for Space.
  const isClicked = target.matches('[data-mark]') && !target.matches(':focus-visible');
  return isButton && !isClicked && (key === ' ' || key === 'Enter');
}

export function onkeydown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey) return;
  if (app.dialog) return typeAhead(event);
  const target = event.target instanceof Element ? event.target : document.body;
  const { key } = event;
  if (event.ctrlKey || event.metaKey) {
    if (wants(target, key) || !['z', 'Z', 'y'].includes(key)) return;
    event.preventDefault();
    void (key === 'y' || event.shiftKey ? app.redo() : app.undo());
    return;
  }
  if (wants(target, key) || app.embed) return;
  if (!app.keysOn && key !== 'Escape') return;
  const digit = /^\d$/.test(key) && Number(key) <= KEYED ? Number(key) : 0;
  const action = digit > 0 ? () => toggleSite(digit - 1) : (ACTIONS[key] ?? shiftless(event));
  if (!action) return;
  event.preventDefault();
  action();
}

/** A dialog that was asked for is still on its way: what is typed meanwhile is meant for it. */
function typeAhead(event: KeyboardEvent): void {
  const isOpen = document.querySelector('dialog[open]') !== null;
  if (isOpen || event.key.length !== 1 || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  frame.typeAhead(event.key);
}

/** Caps Lock is no reason not to answer; and Shift+, is `<` on some keyboards only. */
function shiftless(event: KeyboardEvent): (() => void) | undefined {
  if (event.shiftKey) {
    if (event.code === 'Comma') return ACTIONS['<'];
    if (event.code === 'Period') return ACTIONS['>'];
    return undefined;
  }
  return event.key.length === 1 ? ACTIONS[event.key.toLowerCase()] : undefined;
}
