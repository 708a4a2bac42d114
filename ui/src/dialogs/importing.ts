// From a text to what would be applied, and everything that is wrong with it. Nothing is applied
// here: somebody looks at it first.

import type { ClientDoc, MistakeInfo, Nearest, ScenarioDoc } from '../engine/api';
import * as engine from '../engine/http';
import { EngineProblem } from '../engine/http';
import * as edits from '../model/scenario';
import { plural } from '../model/format';
import { readCsv, readTable, type Demand, type RowError } from './csv';

export interface Plan {
  /** In a sentence, what it is. */
  title: string;
  /** What would be open then; null if nothing can be applied. */
  doc: ScenarioDoc | null;
  /** Whether that takes the place of what is open, or changes it. */
  isChange: boolean;
  rows: { head: string; text: string }[];
  rowErrors: RowError[];
  mistakes: MistakeInfo[];
}

const PLACES_MAX = 500;

export interface Around {
  doc: ScenarioDoc | null;
  hash: string | null;
  asns: ReadonlySet<number>;
  sites: ReadonlySet<string>;
}

/** What an import asks the engine. */
export type Asked = Pick<typeof engine, 'readScenario' | 'writeScenario' | 'nearest'>;

const EXPECTED =
  'Give a scenario (TOML or JSON; Export makes one), or a table (CSV) with a row of column names.';

/** The value of a JSON text; undefined if it is none. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** What is wrong with a text that is neither a scenario nor a table that we know. */
function notRead(text: string): string {
  const [head] = readCsv(text);
  if (!head || head.cells.length < 2) return `This is neither a scenario nor a table. ${EXPECTED}`;
  const names = head.cells.map((cell) => `\`${cell}\``).join(', ');
  return `The columns ${names} are not enough to read a table. PoPs need name and asn; demand needs weight, and asn or lat and lon. The first row has their names.`;
}

export async function planImport(text: string, around: Around, ask: Asked = engine): Promise<Plan> {
  if (text.trim() === '') return failed(`This is empty. ${EXPECTED}`);
  const json = valueOf(text);
  if (json !== undefined && (json === null || typeof json !== 'object' || Array.isArray(json))) {
    const kind = Array.isArray(json) ? 'a list' : 'a single value';
    return failed(`This is JSON, but ${kind}: a scenario is an object, in braces. ${EXPECTED}`);
  }
  const isScenario = /^\s*[{[]|^\s*[\w."-]+\s*=/m.test(text);
  const table = isScenario ? null : readTable(text);
  if (!table && !isScenario) return failed(notRead(text));
  if (!table) return planScenario(text, ask);
  if (!around.doc) return failed('Open a scenario first: a table changes the one that is open.');
  if (table.kind === 'demand') return planDemand(table.demand, table.errors, around, ask);
  const doc = table.sites.reduce(edits.putSite, around.doc);
  const rows = table.sites.map((site) => ({
    head: `${around.sites.has(site.name.toLowerCase()) ? 'change' : 'new'} ${site.name}`,
    text: [
      `AS${site.asn}`,
      site.at?.join(', '),
      site.capacity && `${site.capacity.kqps} kq/s`,
      site.neighbors && `neighbours ${site.neighbors.map((one) => one.asn).join(' ')}`,
    ]
      .filter(Boolean)
      .join(' · '),
  }));
  const title = `A table of ${plural(rows.length, 'PoP', 'PoPs')}`;
  return checked({ title, doc, isChange: true, rows, rowErrors: table.errors, mistakes: [] }, ask);
}

function failed(title: string): Plan {
  return { title, doc: null, isChange: false, rows: [], rowErrors: [], mistakes: [] };
}

async function planScenario(text: string, ask: Asked): Promise<Plan> {
  try {
    const { scenario } = await ask.readScenario(text);
    const rows = [
      { head: 'name', text: scenario.name },
      ...(scenario.question ? [{ head: 'question', text: scenario.question }] : []),
      { head: 'world', text: JSON.stringify(scenario.world) },
      { head: 'events', text: String(scenario.event?.length ?? 0) },
    ];
    return {
      title: 'A scenario without mistakes',
      doc: scenario,
      isChange: false,
      rows,
      rowErrors: [],
      mistakes: [],
    };
  } catch (error) {
    if (!(error instanceof EngineProblem)) throw error;
    const { title, mistakes } = error.problem;
    return { ...failed(title), mistakes };
  }
}

async function planDemand(
  demand: Demand[],
  errors: RowError[],
  around: Around,
  ask: Asked,
): Promise<Plan> {
  const rowErrors = [...errors];
  const rows: Plan['rows'] = [];
  let doc = around.doc!;
  const say = (row: number, message: string) => rowErrors.push({ row, message });
  let asked = 0;
  for (const { row, asn, lat, lon, weight } of demand) {
    if (asn !== null) {
      if (!around.asns.has(asn)) {
        say(row, `the world has no AS${asn}`);
        continue;
      }
      const list = doc.client ?? [];
      const known = list.findIndex((other) => other.asn === asn);
      const next: ClientDoc = known < 0 ? { asn, weight } : { ...list[known], weight };
      doc = known < 0 ? edits.addClient(doc, next) : { ...doc, client: list.with(known, next) };
      rows.push({ head: `AS${asn}`, text: `weight ${weight}` });
      continue;
    }
    if (asked >= PLACES_MAX) {
      say(row, `not read: at most ${PLACES_MAX} places at once`);
      continue;
    }
    let near: Nearest['client'] = null;
    if (around.hash) {
      asked += 1;
      near = (await ask.nearest(around.hash, lat!, lon!)).client;
    }
    if (!near) {
      say(row, 'in this world every network counts for itself: give AS numbers instead of places');
      continue;
    }
    // The engine does not know of the rows before this one: it proposes the same AS for each.
    const client = { ...edits.withOwnAs(doc, near, around.asns), weight };
    doc = edits.addClient(doc, client);
    rows.push({
      head: `AS${client.asn}`,
      text: `weight ${weight}${client.name ? ` · ${client.name}` : ''}`,
    });
  }
  const title = `A table of demand, ${plural(rows.length, 'row', 'rows')}`;
  return checked({ title, doc, isChange: true, rows, rowErrors, mistakes: [] }, ask);
}

/** The engine reads what would be applied, so that its mistakes show before and not after. */
async function checked(plan: Plan, ask: Asked): Promise<Plan> {
  if (plan.rows.length === 0) return { ...plan, doc: null };
  try {
    await ask.writeScenario(plan.doc!);
    return plan;
  } catch (error) {
    if (!(error instanceof EngineProblem)) throw error;
    return { ...plan, doc: null, mistakes: error.problem.mistakes };
  }
}
