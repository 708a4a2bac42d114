// Reads the binary arrays of the engine: see crates/server/src/columns.rs for the layout.

export type Column = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array;
export type Columns = Record<string, Column>;

const TYPES = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;

interface Header {
  columns: { name: string; type: keyof typeof TYPES; length: number; offset: number }[];
}

/** The columns of a body, as views into it. Throws if the body is cut off or of another form. */
export function readColumns(body: ArrayBuffer): Columns {
  const length = new DataView(body).getUint32(0, true);
  const text = new TextDecoder().decode(new Uint8Array(body, 4, length));
  const header = JSON.parse(text) as Header;
  const columns: Columns = {};
  for (const { name, type, length, offset } of header.columns) {
    columns[name] = new TYPES[type](body, offset, length);
  }
  return columns;
}

/** Sites are their index; `site | STALE` is a site that does not answer. */
export const STALE = 0x4000;
/** Packets go into a link that is down. */
export const LOST = 0x7fff;
/** Packets go round. */
export const LOOPING = 0x8000;
/** Nobody knows a way. */
export const NO_ROUTE = 0xffff;
/** No place, stream or site. */
export const NONE = 0xffffffff;

export type FateKind = 'served' | 'stale' | 'looping' | 'no-route';

/** What a fate is, under the names of the command line's column `state`. */
export function fateKind(fate: number): FateKind {
  if (fate < STALE) return 'served';
  if (fate <= LOST) return 'stale';
  return fate === LOOPING ? 'looping' : 'no-route';
}

/** The site that serves, or the dead one that packets go to; -1 if there is none. */
export function fateSite(fate: number): number {
  if (fate < STALE) return fate;
  return fate < LOST ? fate & ~STALE : -1;
}
