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
  if (typeof value === 'string') return value;
  return number(value);
}

/** The columns of a section for tables. */
export function columnsOf(section: SectionInfo): Column<Row>[] {
  return section.columns.map((column) => ({
    key: column.name,
    title: column.name.replaceAll('_', ' '),
    unit: column.unit,
    kind: isText(column) ? 'text' : 'number',
    width: widthOf(column),
    get: (row) => column.values[row] ?? null,
    print: (row) => printField(column, row),
  }));
}

/** Room for the head and the longest of the first fields, in px. */
function widthOf(column: ColumnInfo): number {
  const fields = column.values.slice(0, 100).map((_, row) => printField(column, row).length);
  const head = column.name.length + column.unit.length + 3;
  return Math.min(320, 18 + 7 * Math.max(head, ...fields));
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
