// Reads tables of PoPs (`name,lat,lon,asn,capacity,neighbours`) and of demand (`asn,weight` or
// `lat,lon,weight`). Gives what it understood and every row that it did not. Pure.

import type { SiteDoc } from '../engine/api';

export interface RowError {
  /** From 1, the header included, as editors count. */
  row: number;
  message: string;
}

export interface Demand {
  row: number;
  asn: number | null;
  lat: number | null;
  lon: number | null;
  weight: number;
}

export type Table =
  | { kind: 'pops'; sites: SiteDoc[]; errors: RowError[] }
  | { kind: 'demand'; demand: Demand[]; errors: RowError[] };

/** The rows of a CSV text, quotes obeyed; lines that begin with `#` are remarks. */
export function readCsv(text: string): { row: number; cells: string[] }[] {
  const rows: { row: number; cells: string[] }[] = [];
  let cells: string[] = [];
  let value = '';
  let isQuoted = false;
  let row = 1;
  let started = 1;
  const endCell = () => {
    cells.push(value.trim());
    value = '';
  };
  const endRow = () => {
    endCell();
    const isRemark = cells[0].startsWith('#');
    if (!isRemark && cells.some((cell) => cell !== '')) rows.push({ row: started, cells });
    cells = [];
    started = row + 1;
  };
  const clean = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  for (let at = 0; at < clean.length; at += 1) {
    const letter = clean[at];
    if (isQuoted && letter === '"' && clean[at + 1] === '"') {
      value += '"';
      at += 1;
    } else if (letter === '"') isQuoted = !isQuoted;
    else if (letter === ',' && !isQuoted) endCell();
    else if (letter === '\n' && !isQuoted) {
      endRow();
      row += 1;
    } else {
      value += letter;
      if (letter === '\n') row += 1;
    }
  }
  endRow();
  return rows;
}

const POPS = ['name', 'lat', 'lon', 'asn', 'capacity', 'neighbours'];

/** What a text is, by its first row; null if it is no table that we know. */
export function readTable(text: string): Table | null {
  const [head, ...rows] = readCsv(text);
  if (!head) return null;
  const header = head.cells.map((cell) => cell.toLowerCase().replace('neighbors', 'neighbours'));
  const column = (name: string) => header.indexOf(name);
  const cellOf = (cells: string[]) => (name: string) => cells[column(name)] ?? '';
  const errors: RowError[] = [];
  for (const name of header.filter((one) => one !== '' && ![...POPS, 'weight'].includes(one))) {
    errors.push({ row: head.row, message: `column \`${name}\` is not known and not read` });
  }
  if (column('weight') >= 0 && (column('asn') >= 0 || column('lat') >= 0)) {
    const demand = rows.flatMap(({ row, cells }) => readDemand(row, cellOf(cells), errors));
    return { kind: 'demand', demand, errors };
  }
  if (column('name') < 0 || column('asn') < 0) return null;
  const seen = new Set<string>();
  const sites = rows.flatMap(({ row, cells }) => readPop(row, cellOf(cells), errors, seen));
  return { kind: 'pops', sites, errors };
}

type Get = (name: string) => string;

function readPop(row: number, get: Get, errors: RowError[], seen: Set<string>): SiteDoc[] {
  const wrong: string[] = [];
  const name = get('name');
  if (!/^[\w.-]{1,64}$/.test(name))
    wrong.push(`name \`${name}\` must be 1 to 64 letters, digits, -, _ or .`);
  if (seen.has(name.toLowerCase())) wrong.push(`name \`${name}\` stands in a row above too`);
  seen.add(name.toLowerCase());
  const asn = readAsn(get('asn'));
  if (asn === null) wrong.push(`asn \`${get('asn')}\` is no AS number`);
  const at = readAt(get('lat'), get('lon'), wrong);
  const capacity = get('capacity') === '' ? null : Number(get('capacity'));
  if (capacity !== null && !(capacity >= 0))
    wrong.push(`capacity \`${get('capacity')}\` is no number of kq/s`);
  const words = get('neighbours')
    .split(/[\s;|]+/)
    .filter(Boolean);
  const neighbors = words.map(readAsn);
  neighbors.forEach((one, place) => {
    if (one === null) wrong.push(`neighbour \`${words[place]}\` is no AS number`);
  });
  errors.push(...wrong.map((message) => ({ row, message })));
  if (wrong.length > 0) return [];
  const site: SiteDoc = { name, asn: asn! };
  if (at) site.at = at;
  if (capacity !== null) site.capacity = { kqps: capacity };
  if (neighbors.length > 0) site.neighbors = neighbors.map((one) => ({ asn: one! }));
  return [site];
}

function readDemand(row: number, get: Get, errors: RowError[]): Demand[] {
  const wrong: string[] = [];
  const weight = Number(get('weight'));
  if (get('weight') === '' || !(weight >= 0))
    wrong.push(`weight \`${get('weight')}\` is no number`);
  const asn = get('asn') === '' ? null : readAsn(get('asn'));
  if (get('asn') !== '' && asn === null) wrong.push(`asn \`${get('asn')}\` is no AS number`);
  const at = readAt(get('lat'), get('lon'), wrong);
  if (asn === null && !at && wrong.length === 0) wrong.push('neither an asn nor a place');
  errors.push(...wrong.map((message) => ({ row, message })));
  if (wrong.length > 0) return [];
  return [{ row, asn, lat: at?.[0] ?? null, lon: at?.[1] ?? null, weight }];
}

function readAsn(text: string): number | null {
  const match = /^(?:AS)?(\d{1,10})$/i.exec(text.trim());
  const asn = match ? Number(match[1]) : Number.NaN;
  return asn >= 1 && asn <= 4294967295 ? asn : null;
}

function readAt(lat: string, lon: string, wrong: string[]): [number, number] | null {
  if (lat === '' && lon === '') return null;
  const at: [number, number] = [Number(lat), Number(lon)];
  if (lat === '' || !(Math.abs(at[0]) <= 90))
    wrong.push(`lat \`${lat}\` must lie between -90 and 90`);
  if (lon === '' || !(Math.abs(at[1]) <= 180))
    wrong.push(`lon \`${lon}\` must lie between -180 and 180`);
  return at;
}
