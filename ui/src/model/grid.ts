// Tables of the Plan screen: columns, and the order of rows.

import type { Field } from './filter';

/** A column, which is a field of the filter too. */
export interface Column<Row> extends Field<Row> {
  title: string;
  unit?: string;
  help?: string;
  /** Least width in px, and its share of what is left. */
  width: number;
  /** Shown only if somebody asks for it. */
  isExtra?: boolean;
  /** Whether its numbers are names: they begin where texts do. */
  isName?: boolean;
  /** Whether a text is not enough. */
  isDrawn?: boolean;
  print: (row: Row) => string;
}

export interface Sort {
  key: string;
  isDown: boolean;
}

/** The order after a click on a head: up, down, none; with `adds` the others stay. */
export function nextSort(sorts: Sort[], key: string, adds: boolean): Sort[] {
  const known = sorts.find((sort) => sort.key === key);
  const others = adds ? sorts.filter((sort) => sort.key !== key) : [];
  if (!known) return [...others, { key, isDown: false }];
  if (!known.isDown) {
    const down = { key, isDown: true };
    return adds ? sorts.map((sort) => (sort.key === key ? down : sort)) : [down];
  }
  return others;
}

/** Compares rows by several columns. What is not known comes last, whichever way. */
export function compareRows<Row>(
  columns: Column<Row>[],
  sorts: Sort[],
): (a: Row, b: Row) => number {
  const chosen = sorts.flatMap(({ key, isDown }) => {
    const column = columns.find((one) => one.key === key);
    return column ? [{ column, sign: isDown ? -1 : 1 }] : [];
  });
  return (a, b) => {
    for (const { column, sign } of chosen) {
      const [x, y] = [column.get(a), column.get(b)];
      if (x === y) continue;
      if (x === null) return 1;
      if (y === null) return -1;
      const order =
        typeof x === 'string' && typeof y === 'string' ? x.localeCompare(y) : x < y ? -1 : 1;
      if (order !== 0) return sign * order;
    }
    return 0;
  };
}

/** Rows as CSV (RFC 4180), with the keys of the columns as head. */
export function toCsv<Row>(columns: Column<Row>[], rows: Row[]): string {
  const quote = (text: string) =>
    /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const line = (row: Row) =>
    columns.map((column) => quote(String(column.get(row) ?? ''))).join(',');
  return [columns.map((column) => column.key).join(','), ...rows.map(line), ''].join('\r\n');
}
