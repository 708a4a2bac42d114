// Times as scenario files write them (`250ms`, `10s`, `1m30s`, `2h`) and as people type them.

const UNITS: Record<string, number> = { us: 1, ms: 1e3, s: 1e6, m: 6e7, h: 3.6e9, d: 8.64e10 };

/** µs of a time as files write it; null if it is none. */
export function parseDuration(text: string): number | null {
  if (text.trim() === '0') return 0;
  const form = /^-?(\d+(\.\d+)?(us|ms|s|m|h|d))+$/;
  const compact = text.replace(/\s+/g, '');
  if (!form.test(compact)) return null;
  let sum = 0;
  for (const [, value, , unit] of compact.matchAll(/(\d+(\.\d+)?)(us|ms|s|m|h|d)/g)) {
    sum += Number(value) * UNITS[unit];
  }
  return Math.round(compact.startsWith('-') ? -sum : sum);
}

/** How people call the units of files. */
const SPOKEN: [RegExp, string][] = [
  [/\s+/g, ''],
  [/microseconds?|[µμ]s/g, 'us'],
  [/milliseconds?|msecs?/g, 'ms'],
  [/hours?|hrs?/g, 'h'],
  [/minutes?|mins?/g, 'm'],
  [/seconds?|secs?/g, 's'],
  [/days?/g, 'd'],
];

/** What fields for times say of what they take. */
export const TYPED_HELP = '4.2, 250 ms, 5 min, 1:30 or 1h';

/**
 * What somebody types as a time: `4.2` are seconds, `1m30` and `1:30` a minute and a half, `1:00:00`
 * an hour; `5 min`, `90s` and `1h` are what they say. Null if it is none.
 */
export function parseTyped(text: string): number | null {
  const lower = text.trim().toLowerCase().replace(',', '.');
  const compact = SPOKEN.reduce((rest, [spoken, unit]) => rest.replace(spoken, unit), lower);
  if (/^-?\d+(\.\d+)?$/.test(compact)) return Math.round(Number(compact) * 1e6);
  const colons = /^(?:(\d+):)?(\d+):([0-5]?\d(?:\.\d+)?)$/.exec(compact);
  if (colons) {
    const [hours, minutes, rest] = colons.slice(1).map((part) => Number(part ?? 0));
    if (colons[1] !== undefined && minutes >= 60) return null;
    return Math.round(hours * 3.6e9 + minutes * 6e7 + rest * 1e6);
  }
  const open = /^(\d+)m(\d+(\.\d+)?)$/.exec(compact);
  if (open) return Math.round(Number(open[1]) * 6e7 + Number(open[2]) * 1e6);
  return parseDuration(compact);
}

/** The shortest exact text of µs that files take. */
export function writeDuration(us: number): string {
  const whole = Math.round(us);
  if (whole === 0) return '0s';
  if (whole % 6e7 === 0) return `${whole / 6e7}m`;
  if (whole % 1e6 === 0) return `${whole / 1e6}s`;
  if (whole % 1e3 === 0) return `${whole / 1e3}ms`;
  return `${whole}us`;
}
