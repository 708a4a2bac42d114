// The canvas of the timeline. It is drawn when the run, the zoom, the size or the theme is another;
// the playhead moves above it, so playing costs no drawing here.

import type { RunReport } from '../engine/api';
import type uPlot from 'uplot';
import type { Axis } from './axis';
import type { Bins } from './bins';
import { translucent, type Colors } from './colors';
import { marksOf } from './marks';

/** Rows above the bars, in CSS px: flags, then the names of marks. */
export const FLAGS_PX = 16;
const MARKS_PX = 13;
/** The ruler below. */
export const RULER_PX = 18;
export const SIDE_PX = 8;

export interface Picture {
  axis: Axis;
  bins: Bins;
  reports: RunReport[];
  colors: Colors;
  view: { min: number; max: number };
  /** Whether somebody looks at one event more than at others: its marks come first. */
  event: number;
}

type Plot = typeof uPlot;

export class LanePlot {
  private readonly plot: uPlot;
  private picture: Picture;

  constructor(
    Plot: Plot,
    parent: HTMLElement,
    size: uPlot.Options['width'],
    height: number,
    picture: Picture,
  ) {
    this.picture = picture;
    const now = () => this.picture;
    const most = (part: (bins: Bins) => Iterable<number>) => (): [number, number] => [
      0,
      highest(part(now().bins)),
    ];
    const runs = picture.bins.unserved.length;
    this.plot = new Plot(
      {
        width: size,
        height,
        padding: [FLAGS_PX + MARKS_PX, SIDE_PX, 0, SIDE_PX],
        legend: { show: false },
        cursor: { show: false },
        select: { show: false, left: 0, top: 0, width: 0, height: 0 },
        scales: {
          x: { time: false, auto: false, range: () => [now().view.min, now().view.max] },
          changes: { range: most((bins) => bins.changes) },
          // A ripple should not look like an outage: the lane is at least 5 % of demand high.
          share: {
            range: () => [0, Math.max(0.05, ...now().bins.unserved.map((run) => highest(run, 0)))],
          },
        },
        axes: [
          {
            size: RULER_PX,
            font: '11px system-ui, "DejaVu Sans", sans-serif',
            gap: 2,
            stroke: () => now().colors.muted,
            grid: { stroke: () => now().colors.line, width: 1 },
            ticks: { stroke: () => now().colors.line, size: 4, width: 1 },
            splits: (plot, _, min, max) => ticksOf(now(), plot, min, max).map((tick) => tick.x),
            values: (plot, splits) => {
              const { min, max } = now().view;
              const texts = new Map(
                ticksOf(now(), plot, min, max).map((tick) => [tick.x, tick.text]),
              );
              return splits.map((x) => texts.get(x) ?? '');
            },
          },
          { show: false, scale: 'changes' },
          { show: false, scale: 'share' },
        ],
        series: [
          {},
          ...Array.from({ length: runs }, (_, run): uPlot.Series => ({
            scale: 'share',
            points: { show: false },
            paths: Plot.paths.stepped!({ align: 0 as 1 }),
            width: 1,
            // The second run of a comparison is dashed: colour alone tells nobody.
            dash: run > 0 ? [3, 3] : undefined,
            stroke: () => translucent(tone(now(), run), 0.8),
            fill: () => translucent(tone(now(), run), run > 0 ? 0.12 : 0.25),
          })),
          {
            scale: 'changes',
            points: { show: false },
            paths: Plot.paths.bars!({ size: [0.8, 6, 2] }),
            width: 0,
            fill: () => now().colors.accent,
          },
        ],
        hooks: { draw: [(plot) => drawMarks(plot, now())] },
      },
      dataOf(picture.bins),
      parent,
    );
  }

  show(picture: Picture): void {
    this.picture = picture;
    this.plot.setData(dataOf(picture.bins), true);
  }

  resize(width: number, height: number): void {
    this.plot.setSize({ width, height });
  }

  destroy(): void {
    this.plot.destroy();
  }
}

function tone({ colors }: Picture, run: number): string {
  return run === 0 ? colors.bad : colors.warn;
}

function dataOf(bins: Bins): uPlot.AlignedData {
  return [bins.x, ...bins.unserved, bins.changes.map(Math.sqrt)] as unknown as uPlot.AlignedData;
}

/** Root of what a lane that is full at least stands for: one change alone is no flood. */
const BARS_LEAST = 3;

/** Bars grow with the root: an instant with 10 000 changes should not hide one with 10. */
function highest(values: Iterable<number>, least = BARS_LEAST): number {
  let most = least;
  for (const value of values) most = Math.max(most, least === 0 ? value : Math.sqrt(value));
  return most;
}

function ticksOf({ axis }: Picture, plot: uPlot, min: number, max: number) {
  const width = plot.width - 2 * SIDE_PX;
  return width > 0 && max > min ? axis.ticks(min, max, width) : [];
}

function drawMarks(plot: uPlot, picture: Picture): void {
  const { ctx } = plot;
  const { colors, axis, reports, bins, view } = picture;
  const ratio = devicePixelRatio;
  const { top, height, left, width } = plot.bbox;
  const place = (x: number) => left + ((x - view.min) / (view.max - view.min)) * width;
  const inside = (x: number) => x >= left - 1 && x <= left + width + 1;
  ctx.save();
  ctx.font = `${10 * ratio}px system-ui, "DejaVu Sans", sans-serif`;
  ctx.textBaseline = 'bottom';
  ctx.textAlign = 'left';
  ctx.lineWidth = ratio;

  // Until the health check takes a dead site out, new answers still name it.
  for (const report of reports.filter((one) => one.steering !== 'anycast')) {
    for (const event of report.events) {
      if (event.detected_us === null) continue;
      const from = Math.max(left, place(axis.toX(event.at_us)));
      const to = Math.min(left + width, place(axis.toX(event.at_us + event.detected_us)));
      if (to <= from) continue;
      ctx.fillStyle = translucent(colors.warn, 0.85);
      ctx.fillRect(from, top + height - 4 * ratio, to - from, 4 * ratio);
    }
  }
  ctx.fillStyle = colors.warn;
  for (const x of bins.expiries) {
    ctx.fillRect(Math.round(place(x)), top + height - 9 * ratio, ratio, 5 * ratio);
  }

  let written: { from: number; to: number }[] = [];
  // Names of marks must not cover each other: those of the event in view are written first, the
  // ends before what lies between.
  const order = [...(reports[0]?.events.keys() ?? [])].sort(
    (a, b) => Number(b === picture.event) - Number(a === picture.event),
  );
  for (const which of order) {
    for (const mark of reports.flatMap((report) => marksOf(report.events[which]).reverse())) {
      const x = Math.round(place(axis.toX(mark.at))) + 0.5;
      if (!inside(x)) continue;
      const color = colors[mark.tone];
      ctx.strokeStyle = translucent(color, 0.7);
      ctx.beginPath();
      ctx.moveTo(x, top - 3 * ratio);
      ctx.lineTo(x, top + height);
      ctx.stroke();
      const size = ctx.measureText(mark.label).width;
      const from = Math.min(x - size / 2, left + width - size);
      const span = { from: from - 3 * ratio, to: from + size + 3 * ratio };
      if (written.some((other) => span.from < other.to && span.to > other.from)) continue;
      written = [...written, span];
      ctx.fillStyle = color;
      ctx.fillText(mark.label, Math.max(0, from), top - 3 * ratio);
    }
  }
  ctx.restore();
}
