// Numbers and times in words: the values that the command line prints
// (crates/cli/src/commands/simulate/words.rs), long times in minutes and hours. `seconds` says how
// long something takes, `clock` when something is; nothing else spells times.

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

/** Three digits of a large number, with the endings that filters read: `982M`, `1.16G`. */
export function short(value: number): string {
  const three = Number(value.toPrecision(3));
  const [scale, ending] = three >= 1e9 ? [1e9, 'G'] : three >= 1e6 ? [1e6, 'M'] : [1e3, 'k'];
  return `${Number((three / scale).toPrecision(3))}${ending}`;
}

const MS = 1e3;
const SECOND = 1e6;
const MINUTE = 6e7;
const HOUR = 3.6e9;

/** A time that is not negative, with as many digits as tell something. */
function spelled(us: number): string {
  const unit = (value: string, name: string) => `${grouped(value)}${THIN}${name}`;
  const three = (value: number) => String(Number(value.toPrecision(3)));
  if (us === 0) return unit('0', 's');
  if (us < 999.5) return unit(three(us), 'µs');
  if (us < 999.5 * MS) return unit(three(us / MS), 'ms');
  const ms = Math.round(us / MS) * MS;
  if (ms < MINUTE) return unit(String(ms / SECOND), 's');
  const whole = ms < HOUR ? ms : Math.round(ms / SECOND) * SECOND;
  const parts = [
    [Math.floor(whole / HOUR), 'h'],
    [Math.floor((whole % HOUR) / MINUTE), 'min'],
    [Number(((whole % MINUTE) / SECOND).toFixed(3)), 's'],
  ] as const;
  return parts
    .filter(([value]) => value > 0)
    .map(([value, name]) => unit(String(value), name))
    .join(' ');
}

/** How long something takes, from µs: `86 ms`, `4.2 s`, `2 min 24.429 s`, `1 h 5 min`. */
export function seconds(us: number): string {
  return (us < 0 ? '−' : '') + spelled(Math.abs(us));
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

/** When something is, from µs since the start: `4.2 s`, `1 min 30.5 s`, `16 min before the start`. */
export function clock(us: number): string {
  return us < 0 ? `${spelled(-us)} before the start` : spelled(us);
}

/** How far something is from an event: `+3.6 s`, `−200 ms`. */
export function offset(us: number): string {
  return (us < 0 ? '−' : '+') + spelled(Math.abs(us));
}

/** Times in a sentence of the engine, which are in seconds: `since 959.873 s`. */
export function withTimes(text: string): string {
  const form = /(?<![\w.])(\d+(?:\.\d+)?) s\b/g;
  return text.replace(form, (_, size: string) => spelled(SECOND * Number(size)));
}

/** A place, given as `[lon, lat]`, for people who hear it: `50 north, 9 east`. */
export function degrees([lon, lat]: [number, number]): string {
  const north = `${Math.abs(lat).toFixed(0)} ${lat < 0 ? 'south' : 'north'}`;
  return `${north}, ${Math.abs(lon).toFixed(0)} ${lon < 0 ? 'west' : 'east'}`;
}
