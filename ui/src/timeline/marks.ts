// The instants of an event that people ask for: when somebody noticed, when users were served
// again, when the last route changed. Pure.

import type { EventInfo } from '../engine/api';

export interface TimeMark {
  at: number;
  label: string;
  /** What it means, for the card. */
  text: string;
  tone: 'bad' | 'ok' | 'muted';
}

export function marksOf(event: EventInfo): TimeMark[] {
  const after = (us: number | null, label: string, text: string, tone: TimeMark['tone']) =>
    us === null ? [] : [{ at: event.at_us + us, label, text, tone }];
  const hurt = event.hurt.sources > 0;
  const marks = [
    ...after(event.detected_us, 'detected', 'first notice', 'muted'),
    ...(hurt ? after(event.first_us, 'first', 'first of the hurt served again', 'muted') : []),
    ...(hurt ? after(event.half_us, '50 %', 'half of the hurt demand served again', 'muted') : []),
    ...(hurt ? after(event.most_us, '95 %', '95 % served again', 'muted') : []),
    ...(hurt ? after(event.all_us, '100 %', 'all served again', 'ok') : []),
    ...after(event.converged_us, 'last change', 'last change of a best route: converged', 'ok'),
  ];
  return marks.sort((a, b) => a.at - b.at);
}
