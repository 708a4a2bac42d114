// Times as scenario files write them: `250ms`, `10s`, `1m30s`, `2h`.

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

/** What somebody types into the time field: `4.2` are seconds, `1m30` is a minute and a half. */
export function parseTyped(text: string): number | null {
  const compact = text.trim().toLowerCase().replace(',', '.').replace(/\s+/g, '');
  if (/^-?\d+(\.\d+)?$/.test(compact)) return Math.round(Number(compact) * 1e6);
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
