// From a text to what would be applied, and everything that is wrong with it. Nothing is applied
// here: somebody looks at it first.

import type { ClientDoc, MistakeInfo, ScenarioDoc } from '../engine/api';
import * as engine from '../engine/http';
import { EngineProblem } from '../engine/http';
import * as edits from '../model/scenario';
import { readTable, type Demand, type RowError } from './csv';

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

export async function planImport(text: string, around: Around): Promise<Plan> {
  const isJson = /^\s*[{[]/.test(text);
  const table = isJson || /^\s*\[|^\s*\w+\s*=/m.test(text) ? null : readTable(text);
  if (!table) return planScenario(text);
  if (!around.doc) return failed('Open a scenario first: a table changes the one that is open.');
  if (table.kind === 'demand') return planDemand(table.demand, table.errors, around);
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
  return checked({
    title: `A table of ${rows.length} PoPs`,
    doc,
    isChange: true,
    rows,
    rowErrors: table.errors,
    mistakes: [],
  });
}

function failed(title: string): Plan {
  return { title, doc: null, isChange: false, rows: [], rowErrors: [], mistakes: [] };
}

async function planScenario(text: string): Promise<Plan> {
  try {
    const { scenario } = await engine.readScenario(text);
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

async function planDemand(demand: Demand[], errors: RowError[], around: Around): Promise<Plan> {
  const rowErrors = [...errors];
  const rows: Plan['rows'] = [];
  let doc = around.doc!;
  const say = (row: number, message: string) => rowErrors.push({ row, message });
  let asked = 0;
  for (const one of demand) {
    if (one.asn !== null && !around.asns.has(one.asn)) {
      say(one.row, `the world has no AS${one.asn}`);
      continue;
    }
    let client: ClientDoc | null = one.asn === null ? null : { asn: one.asn };
    if (!client && asked >= PLACES_MAX) {
      say(one.row, `not read: at most ${PLACES_MAX} places at once`);
      continue;
    }
    if (!client && around.hash) {
      asked += 1;
      client = (await engine.nearest(around.hash, one.lat!, one.lon!)).client;
    }
    if (!client) {
      say(
        one.row,
        'in this world every network counts for itself: give AS numbers instead of places',
      );
      continue;
    }
    const known = (doc.client ?? []).findIndex((other) => other.asn === client.asn);
    const kept = known < 0 ? client : doc.client![known];
    const next = { ...kept, weight: one.weight };
    const list = doc.client ?? [];
    doc = { ...doc, client: known < 0 ? [...list, next] : list.with(known, next) };
    rows.push({
      head: `AS${client.asn}`,
      text: `weight ${one.weight}${client.name ? ` · ${client.name}` : ''}`,
    });
  }
  return checked({
    title: `A table of demand, ${rows.length} rows`,
    doc,
    isChange: true,
    rows,
    rowErrors,
    mistakes: [],
  });
}

/** The engine reads what would be applied, so that its mistakes show before and not after. */
async function checked(plan: Plan): Promise<Plan> {
  if (plan.rows.length === 0) return { ...plan, doc: null };
  try {
    await engine.writeScenario(plan.doc!);
    return plan;
  } catch (error) {
    if (!(error instanceof EngineProblem)) throw error;
    return { ...plan, doc: null, mistakes: error.problem.mistakes };
  }
}
