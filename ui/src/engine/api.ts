// What travels as JSON, under the names of the engine's own types. `api.gen.ts` is generated from
// docs/openapi.json, which the server writes.

import type { components } from './api.gen';

type Schemas = components['schemas'];

/** The engine writes every key, with `null` for "none"; the generator calls those optional. */
type Complete<T> = T extends (infer Item)[]
  ? Complete<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Complete<Exclude<T[Key], undefined>> }
    : T;

export type Info = Complete<Schemas['Info']>;
export type ScenarioCard = Complete<Schemas['ScenarioCard']>;
export type Steering = Schemas['SteeringName'];
export type RunState = Complete<Schemas['RunState']>;
export type Problem = Complete<Schemas['Problem']>;
export type MistakeInfo = Complete<Schemas['MistakeInfo']>;
export type RunResult = Complete<Schemas['RunResult']>;
export type RunReport = Complete<Schemas['RunReport']>;
export type SiteState = Schemas['SiteState'];
export type StateInfo = Complete<Schemas['StateInfo']>;
export type EventInfo = Complete<Schemas['EventInfo']>;
export type SiteInfo = Complete<Schemas['SiteInfo']>;
export type ClientInfo = Complete<Schemas['ClientInfo']>;
export type WorldInfo = Complete<Schemas['WorldInfo']>;
export type StayedInfo = Complete<Schemas['StayedInfo']>;
export type HopInfo = Complete<Schemas['HopInfo']>;
export type OptionInfo = Complete<Schemas['OptionInfo']>;
export type PlaceInfo = Complete<Schemas['PlaceInfo']>;
export type ChangeInfo = Complete<Schemas['ChangeInfo']>;
export type NeighborInfo = Complete<Schemas['NeighborInfo']>;
export type CityInfo = Complete<Schemas['CityInfo']>;
export type Found = Complete<Schemas['Found']>;
export type PlanQuestion =
  Exclude<Schemas['PlanQuestion'], { plan: 'diff' }> | { plan: 'diff'; before: ScenarioDoc };
export type ColumnInfo = Omit<Complete<Schemas['ColumnInfo']>, 'values'> & {
  values: (number | string | null)[];
};
export type SectionInfo = Omit<Complete<Schemas['SectionInfo']>, 'columns'> & {
  columns: ColumnInfo[];
};
export type ChartInfo = Complete<Schemas['ChartInfo']>;
export type SiteConfig = Complete<Schemas['SiteConfig']>;
export type SteerGoal = Schemas['SteerGoal'];
export type Daemon = Schemas['DaemonName'];
export type PlanAnswer = Omit<Complete<Schemas['PlanAnswer']>, 'sections'> & {
  sections: SectionInfo[];
};

export type FlipInfo = Omit<Complete<Schemas['FlipInfo']>, 'events'> & { events: EventDoc[] };
export type Why = Omit<Complete<Schemas['Why']>, 'flips'> & { flips: FlipInfo[] };
export type Nearest = Omit<Complete<Schemas['Nearest']>, 'client'> & { client: ClientDoc | null };
export type ScenarioFile = { scenario: ScenarioDoc; toml: string };

/** A scenario as the command line reads and writes it in JSON; what is not named here is kept. */
export interface ScenarioDoc {
  format: number;
  name: string;
  question?: string;
  look_for?: string;
  seed?: number;
  steering?: Steering;
  world: { builtin?: string; synthetic?: { ases: number; seed?: number }; [key: string]: unknown };
  rules?: Record<string, string | number | boolean>;
  service: { prefixes: string[]; regional?: Record<string, string> };
  site?: SiteDoc[];
  client?: ClientDoc[];
  geodns?: Record<string, unknown>;
  event?: EventDoc[];
  compare?: { name: string; set: Record<string, unknown> }[];
  [key: string]: unknown;
}

export interface SiteDoc {
  name: string;
  city?: string;
  at?: [number, number];
  asn?: number;
  remove?: boolean;
  capacity?: { kqps?: number; gbps?: number };
  neighbors?: { asn: number; prepend?: number; [key: string]: unknown }[];
  [key: string]: unknown;
}

export interface ClientDoc {
  asn: number;
  name?: string;
  city?: string;
  at?: [number, number];
  weight?: number;
  neighbors?: { asn: number; [key: string]: unknown }[];
  [key: string]: unknown;
}

/** An event of a scenario; `at` is a time as files write it, such as `10s` or `1m30s`. */
export interface EventDoc {
  at: string;
  fail?: string;
  restore?: string;
  drain?: string;
  how?: string;
  [key: string]: unknown;
}
