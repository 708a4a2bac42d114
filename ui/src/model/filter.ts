// The filter language of tables (ui.md 3.10): `site:fra country:de rtt>80 len>=4 moved -tier:1
// "telecom"`. All terms must hold. A term that means nothing here holds for every row, and is
// reported with what to write instead.

import { closest } from './closest';

/** What can be asked of a row. */
export interface Field<Row> {
  /** As terms name it, lower case. */
  key: string;
  /** What terms do with it: compare, search in, or ask whether. */
  kind: 'number' | 'text' | 'flag';
  /** Its value; `null` fits no term. */
  get: (row: Row) => number | string | boolean | null;
}

/** A term that means nothing. */
export interface Mistake {
  /** Where in the text it stands: first character, and the one after its last. */
  from: number;
  to: number;
  message: string;
}

/** One term, for chips that mirror the text. */
export interface Term {
  from: number;
  to: number;
  text: string;
}

export interface Filter<Row> {
  test: (row: Row) => boolean;
  terms: Term[];
  mistakes: Mistake[];
}

const OPERATORS: Record<string, (a: number, b: number) => boolean> = {
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
  '=': (a, b) => a === b,
  ':': (a, b) => a === b,
};

/** A word, or a text in quotes, either with a minus; and what stands before quotes. */
const TERM = /-?(?:[^\s":<>=]*(?:[:<>]=?|=))?(?:"[^"]*"?|[^\s"]+)|-/g;
const PARTS = /^(-?)(?:([^\s":<>=]+)(<=|>=|<|>|=|:))?(.*)$/s;

/** A number with an ending for thousands and millions. */
function toNumber(text: string): number | null {
  const found = /^(-?\d+(?:\.\d+)?)([kmg]?)$/i.exec(text);
  if (!found) return null;
  const scale = { '': 1, k: 1e3, m: 1e6, g: 1e9 }[found[2].toLowerCase()];
  return Number(found[1]) * scale!;
}

/** Understands a filter. Texts are compared without case; a text in quotes may be anywhere in any
 * text field. */
export function parseFilter<Row>(text: string, fields: Field<Row>[]): Filter<Row> {
  const tests: ((row: Row) => boolean)[] = [];
  const terms: Term[] = [];
  const mistakes: Mistake[] = [];
  for (const found of text.matchAll(TERM)) {
    const [word] = found;
    const place = { from: found.index, to: found.index + word.length };
    const made = testOf(word, fields);
    if (typeof made === 'string') mistakes.push({ ...place, message: made });
    else {
      tests.push(made);
      terms.push({ ...place, text: word });
    }
  }
  return { test: (row) => tests.every((test) => test(row)), terms, mistakes };
}

/** The test that a term asks for, or why it asks for none. */
function testOf<Row>(word: string, fields: Field<Row>[]): ((row: Row) => boolean) | string {
  const [, minus, key, operator, rest] = PARTS.exec(word)!;
  const value = rest.replace(/^"|"$/g, '').toLowerCase();
  const negate = (test: (row: Row) => boolean) => (minus ? (row: Row) => !test(row) : test);
  if (key === undefined) {
    if (value === '') return 'a term is missing after the minus';
    const flag = fields.find((field) => field.kind === 'flag' && field.key === value);
    if (flag && !rest.startsWith('"')) return negate((row) => flag.get(row) === true);
    const texts = fields.filter((field) => field.kind === 'text');
    const holds = (row: Row) =>
      texts.some((field) =>
        String(field.get(row) ?? '')
          .toLowerCase()
          .includes(value),
      );
    return negate(holds);
  }
  const field = fields.find((one) => one.key === key.toLowerCase());
  if (!field) {
    const near = closest(
      key.toLowerCase(),
      fields.map((one) => one.key),
    );
    const known = fields.map((one) => one.key).join(', ');
    return `there is no “${key}”; ${near ? `did you mean “${near}”?` : `there are ${known}`}`;
  }
  if (value === '') return `“${key}${operator}” needs a value`;
  if (field.kind === 'flag') return `“${key}” is asked alone, or as “-${key}”`;
  if (field.kind === 'text') {
    if (operator !== ':' && operator !== '=') {
      return `“${key}” is a text: write “${key}:${rest || '…'}”`;
    }
    const exact = operator === '=';
    const fits = (row: Row) => {
      const own = String(field.get(row) ?? '').toLowerCase();
      return exact ? own === value : own.startsWith(value);
    };
    return negate(fits);
  }
  const wanted = toNumber(value);
  if (wanted === null) return `“${key}” is a number: “${rest}” is none`;
  const compare = OPERATORS[operator];
  return negate((row) => {
    const own = field.get(row);
    return typeof own === 'number' && compare(own, wanted);
  });
}
