// Answers of plans as the Plan screen shows them: any section is a table that can be filtered and
// sorted, whatever its columns.

import type { ColumnInfo, PlanAnswer, SectionInfo } from '../engine/api';
import { number } from './format';
import type { Column } from './grid';

/** A row of a section, by its place. */
export type Row = number;

const isText = (column: ColumnInfo) => column.values.some((value) => typeof value === 'string');

/** A field as people read it; `–` where there is nothing. */
export function printField(column: ColumnInfo, row: Row): string {
  const value = column.values[row];
  if (value === null || value === undefined) return '–';
  // Lists have bars between, and names backticks around them; filters see both.
  if (typeof value === 'string') return value.replaceAll('|', ', ').replaceAll('`', '');
  if (column.name === 'asn') return `AS${value}`;
  // As many digits as the command line prints.
  const rounded = column.decimals === null ? value : Number(value.toFixed(column.decimals));
  return number(rounded).replace('-', '−');
}

/** The columns of a section for tables, under other keys where `keys` has some. */
export function columnsOf(section: SectionInfo, keys: Record<string, string> = {}): Column<Row>[] {
  return section.columns.map((column) => ({
    key: keys[column.name] ?? column.name,
    title: titleOf(keys[column.name] ?? column.name, column.unit),
    unit: column.unit,
    kind: isText(column) ? 'text' : 'number',
    isName: column.name === 'asn',
    width: widthOf(column, titleOf(keys[column.name] ?? column.name, column.unit)),
    get: (row) => column.values[row] ?? null,
    print: (row) => printField(column, row),
  }));
}

/** A name as a head: what stands below it need not end it too. */
function titleOf(name: string, unit: string): string {
  const end = `_${unit}`;
  const bare = unit && name.endsWith(end) ? name.slice(0, -end.length) : name;
  return bare.replaceAll('_', ' ');
}

/** Room for a head, whose unit stands below it, and the longest of the first fields, in px. */
export function widthFor(title: string, unit: string, fields: string[]): number {
  const most = Math.max(unit.length, ...fields.map((field) => field.length));
  return Math.min(320, 22 + Math.ceil(Math.max(8.4 * title.length, 8.3 * most)));
}

function widthOf(column: ColumnInfo, title: string): number {
  const fields = column.values.slice(0, 100).map((_, row) => printField(column, row));
  return widthFor(title, column.unit, fields);
}

export function rowsOf(section: SectionInfo): Row[] {
  return (section.columns[0]?.values ?? []).map((_, row) => row);
}

export function sectionOf(answer: PlanAnswer | null, name: string): SectionInfo | null {
  return answer?.sections.find((section) => section.name === name) ?? null;
}

/** One field of a section, by the value of its first column. */
export function fieldOf(section: SectionInfo | null, row: string, column: string) {
  const place = section?.columns[0]?.values.indexOf(row) ?? -1;
  return section?.columns.find((one) => one.name === column)?.values[place] ?? null;
}

/** A table that was fetched on its own as JSON: rows with the names of its columns as keys. */
export function sectionOfRows(
  { name, title }: Pick<SectionInfo, 'name' | 'title'>,
  rows: Record<string, number | string | null>[],
  units: Record<string, string> = {},
): SectionInfo {
  const columns = Object.keys(rows[0] ?? {}).map((key) => ({
    name: key,
    unit: units[key] ?? '',
    decimals: null,
    values: rows.map((row) => row[key]),
  }));
  return { name, title, rows: rows.length, columns };
}

/** Two fields of each row by the value of a third: a field of numbers to look at. */
export interface Matrix {
  rows: string[];
  columns: string[];
  cells: (number | null)[];
}

/** A table of pairs as a matrix, row by row; `null` where it has no pair. */
export function matrixOf(section: SectionInfo, by: [string, string], value: string): Matrix {
  const texts = (name: string) =>
    (section.columns.find((column) => column.name === name)?.values ?? []).map(String);
  const [first, second] = by.map(texts);
  const values = section.columns.find((column) => column.name === value)?.values ?? [];
  const [rows, columns] = [[...new Set(first)], [...new Set(first), ...new Set(second)]];
  const names = [...new Set(columns)];
  const at = new Map(first.map((row, place) => [`${row}\n${second[place]}`, values[place]]));
  const cells = rows.flatMap((row) =>
    names.map((column) => {
      const found = at.get(`${row}\n${column}`);
      return typeof found === 'number' ? found : null;
    }),
  );
  return { rows, columns: names, cells };
}
