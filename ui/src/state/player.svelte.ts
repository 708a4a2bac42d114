// What plays: the runs of the result that is shown, and where in time somebody looks. Every click
// of a clock comes from here; what happened in between was computed before.

import type { RunReport, RunResult } from '../engine/api';
import { clock, seconds } from '../model/format';
import { Pace, stepFrom, type Speed } from '../model/pace';
import { settledUs } from '../model/recovery';
import { siteTitle } from '../model/sites';
import type { Track } from '../model/track';
import { announcer } from './announce.svelte';

/** One way of steering, played. */
export interface Run {
  report: RunReport;
  track: Track;
}

/** A part of time, in µs. */
export interface Span {
  from: number;
  to: number;
}

/** After a pause of the browser, such as a hidden tab, playback goes on where it was. */
const LONGEST_FRAME_MS = 250;

class Player {
  runs = $state.raw<Run[]>([]);
  private result: RunResult | null = null;

  /** Where in time, in µs. */
  time = $state(0);
  playing = $state(false);
  speed = $state<Speed>('fit');
  /** What plays again and again. */
  loop = $state.raw<Span | null>(null);
  reducedMotion = $state(false);
  /** Grows with each picture that has to be drawn. */
  tick = $state(0);

  /** The run that panels speak of: in Compare the first. */
  readonly run = $derived(this.runs[0] ?? null);
  readonly end = $derived(Math.max(0, ...this.runs.map((run) => run.track.end)));
  readonly pace = $derived(new Pace(this.runs.map((run) => run.track)));
  readonly isLive = $derived(this.time >= this.end);
  /** The last event up to now, by place in the report; -1 before all. */
  readonly eventNow = $derived(this.run ? this.run.track.eventAt(this.time) : -1);

  private frame = 0;
  private lastFrame = 0;

  /** Is told of each time that is shown. */
  onSeek: () => void = () => {};

  /** Shows the runs of another result; the time stays until somebody seeks. */
  show(result: RunResult, runs: Run[]): void {
    this.result = result;
    this.runs = runs;
    this.loop = null;
  }

  seek(time: number): void {
    this.time = Math.max(0, Math.min(time, this.end));
    for (const run of this.runs) run.track.seek(this.time);
    this.redraw();
    this.onSeek();
  }

  redraw(): void {
    this.tick += 1;
  }

  pause(): void {
    this.playing = false;
    cancelAnimationFrame(this.frame);
  }

  /** Plays on; from the start if the end is reached. */
  resume(): void {
    if (this.runs.length === 0 || this.end === 0) return;
    if (this.time >= this.end) this.seek(0);
    this.playing = true;
    this.lastFrame = performance.now();
    const next = (now: number) => {
      if (!this.playing) return;
      // With reduced motion the picture changes once a second.
      const wait = this.reducedMotion ? 1000 : 0;
      const elapsed = now - this.lastFrame;
      if (elapsed >= wait) {
        this.lastFrame = now;
        this.pass(Math.min(elapsed, Math.max(wait, LONGEST_FRAME_MS)));
      }
      if (this.playing) this.frame = requestAnimationFrame(next);
    };
    this.frame = requestAnimationFrame(next);
  }

  togglePlay(): void {
    if (this.playing) this.pause();
    else this.resume();
    this.redraw();
  }

  private pass(ms: number): void {
    const before = this.time;
    const next = this.pace.advance(this.time, ms, this.speed);
    const { loop } = this;
    if (loop && before < loop.to && next >= loop.to) return this.seek(loop.from);
    this.seek(next);
    this.sayMarks(before, this.time);
    if (this.time >= this.end) this.pause();
  }

  /** Says the marks of events that were passed. */
  private sayMarks(from: number, to: number): void {
    const passed = (at: number | null, event: number) =>
      at !== null && event + at > from && event + at <= to;
    for (const event of this.run?.report.events ?? []) {
      if (event.hurt.sources > 0 && passed(event.half_us, event.at_us)) {
        announcer.say(`Half recovered after ${seconds(event.half_us!)}.`);
      }
      const settled = settledUs(event);
      if (!passed(settled, event.at_us)) continue;
      const over = event.overloads.filter((one) => one.stays);
      const names = over.map((one) => {
        const load =
          one.utilization === null ? '' : `, ${Math.round(100 * one.utilization)} percent`;
        return `${siteTitle(this.result?.sites ?? [], one.site)} over capacity${load}.`;
      });
      announcer.insist([`Settled after ${seconds(settled!)}.`, ...names].join(' '));
    }
  }

  /** To the next or previous instant at which something changes. */
  step(back: boolean): void {
    this.pause();
    const tracks = this.runs.map((run) => run.track);
    const to = stepFrom(tracks, this.time, back);
    if (to !== null) this.seek(to);
    announcer.say(`At ${clock(this.time)}.`);
  }

  /** To the next or previous change of one dot of the map. */
  stepDot(dot: number, back: boolean): void {
    if (!this.run) return;
    this.pause();
    const times = this.run.track.changesOf(dot).map((change) => change.at);
    const to = back ? times.findLast((at) => at < this.time) : times.find((at) => at > this.time);
    if (to !== undefined) this.seek(to);
  }

  setLoop(loop: Span | null): void {
    this.loop = loop;
    if (loop && (this.time < loop.from || this.time >= loop.to)) this.seek(loop.from);
  }
}

export const player = new Player();
