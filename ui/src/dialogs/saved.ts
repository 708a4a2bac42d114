// Scenarios that this browser keeps. They leave it only as files and links.

import type { ScenarioDoc } from '../engine/api';

const KEY = 'catchment.saved';

export function savedScenarios(): ScenarioDoc[] {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) ?? '[]') as unknown;
    return Array.isArray(list) ? (list as ScenarioDoc[]) : [];
  } catch {
    return [];
  }
}

/** Keeps a scenario in place of one of the same name. False if the browser keeps nothing. */
export function saveScenario(doc: ScenarioDoc): boolean {
  return write([doc, ...savedScenarios().filter((other) => other.name !== doc.name)]);
}

export function forgetScenario(name: string): boolean {
  return write(savedScenarios().filter((other) => other.name !== name));
}

function write(list: ScenarioDoc[]): boolean {
  try {
    localStorage.setItem(KEY, JSON.stringify(list));
    return true;
  } catch {
    return false;
  }
}
