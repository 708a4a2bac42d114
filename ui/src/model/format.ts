// Numbers and times as the command line prints them (crates/cli/src/commands/simulate/words.rs).

/** A thin space that no line breaks at, as SI asks for between digits and units. */
const THIN = '\u202f';

function grouped(text: string): string {
  const [whole, rest] = text.split('.');
  const sign = whole.startsWith('-') ? '-' : '';
  const digits = whole.slice(sign.length).replace(/\B(?=(\d{3})+$)/g, THIN);
  return sign + digits + (rest === undefined ? '' : `.${rest}`);
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Four digits that tell something, no zeros at the end, thousands apart. */
export function number(value: number): string {
  const size = Math.abs(value);
  const decimals = size === 0 ? 0 : size < 1 ? 4 : size < 100 ? 2 : size < 1000 ? 1 : 0;
  return grouped(trimmed(value.toFixed(decimals)));
}

/** Seconds from µs: milliseconds as far as they tell something. */
export function seconds(us: number): string {
  return `${grouped(trimmed((us / 1e6).toFixed(Math.abs(us) < 1e9 ? 3 : 1)))}${THIN}s`;
}

export function secondsOrNever(us: number | null): string {
  return us === null ? 'never' : seconds(us);
}

/** A part of a whole, with one decimal. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? `0${THIN}%` : `${((100 * part) / whole).toFixed(1)}${THIN}%`;
}

/** A whole number, thousands apart. */
export function count(value: number): string {
  return grouped(String(Math.round(value)));
}

export function plural(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Milliseconds for round trips: one decimal below 10. */
export function millis(ms: number | null): string {
  if (ms === null || Number.isNaN(ms)) return '–';
  return `${ms < 10 ? trimmed(ms.toFixed(1)) : Math.round(ms)}${THIN}ms`;
}

/** A place in time as the transport shows it: `1m 30.5s`, with as many decimals as `step` asks. */
export function clock(us: number): string {
  const negative = us < 0 ? '−' : '';
  const size = Math.abs(us);
  if (size < 1e8) return `${negative}${trimmed((size / 1e6).toFixed(3))}${THIN}s`;
  const minutes = Math.floor(size / 6e7);
  return `${negative}${minutes}${THIN}m ${trimmed(((size - minutes * 6e7) / 1e6).toFixed(1))}${THIN}s`;
}

/** A place, given as `[lon, lat]`, for people who hear it: `50 north, 9 east`. */
export function degrees([lon, lat]: [number, number]): string {
  const north = `${Math.abs(lat).toFixed(0)} ${lat < 0 ? 'south' : 'north'}`;
  return `${north}, ${Math.abs(lon).toFixed(0)} ${lon < 0 ? 'west' : 'east'}`;
}
