// Which parameters the assumptions sheet lets people change, and how. Pure.

import type { RunResult, ScenarioDoc } from '../engine/api';
import { setRule } from '../model/scenario';

type RuleInfo = RunResult['rules'][number];

/** The words that a parameter takes; none for times and numbers. */
export const EDITABLE: Record<string, readonly string[]> = {
  decision: ['policy', 'textbook'],
  oldest_rule: ['none', 'timestamp', 'selected_peer'],
  mrai_ebgp: [],
  hold: [],
  bfd_interval: [],
  bfd_multiplier: [],
  hc_interval: [],
  fall: [],
};

export const isChanged = (rule: RuleInfo) => rule.value !== rule.default;

/** Those that differ from their defaults first, then those that can be changed here. */
export function sortRules(rules: readonly RuleInfo[]): RuleInfo[] {
  const rank = (rule: RuleInfo) => (isChanged(rule) ? 0 : rule.name in EDITABLE ? 1 : 2);
  return [...rules].sort((a, b) => rank(a) - rank(b));
}

/** Sets a parameter, or takes it out of the file if the text is empty: then its default holds. */
export function withRule(doc: ScenarioDoc, name: string, text: string): ScenarioDoc {
  const value = text.trim();
  if (value !== '' && value !== '–') return setRule(doc, name, typed(value));
  const { [name]: _, ...rules } = doc.rules ?? {};
  const { rules: __, ...rest } = doc;
  return Object.keys(rules).length === 0 ? rest : { ...rest, rules };
}

/** Files tell `true` and `3` from texts. */
function typed(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

export interface HealthCheck {
  interval: string;
  fall: number;
}

export function healthCheckOf(doc: ScenarioDoc): HealthCheck {
  const check = (doc.geodns?.health_check ?? {}) as Partial<HealthCheck>;
  return { interval: check.interval ?? '30s', fall: check.fall ?? 3 };
}

export function withHealthCheck(doc: ScenarioDoc, change: Partial<HealthCheck>): ScenarioDoc {
  const before = (doc.geodns?.health_check ?? {}) as object;
  const health_check = { ...healthCheckOf(doc), ...before, ...change };
  return { ...doc, geodns: { ...doc.geodns, health_check } };
}
