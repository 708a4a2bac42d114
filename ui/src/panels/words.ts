// What panels call things: one word for one meaning, wherever it stands.

import type { EventInfo, RunReport, RunResult, ScenarioDoc, SiteInfo } from '../engine/api';
import { fateKind, fateSite } from '../engine/columns';
import { count, number, percent, seconds } from '../model/format';
import { siteTitle } from '../model/sites';
import type { World } from '../model/track';

export { siteTitle };

/** Names of sites in a sentence of the engine, as cities. Very short names may be words. */
export function withCities(text: string, sites: SiteInfo[]): string {
  return text.replace(/[\w.-]*\w/g, (word) => {
    const site = word.length < 3 ? -1 : sites.findIndex((one) => one.name === word);
    return site < 0 ? word : siteTitle(sites, site);
  });
}

/** `3 clients`, or `3 networks` in a world where every network counts for itself. */
export function sources(result: RunResult, value: number): string {
  const [one, many] = result.world.has_clients ? ['client', 'clients'] : ['network', 'networks'];
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Where it happens. How many ASes an invented world has stands beside it, or is its name. */
export function worldName(result: RunResult, doc: ScenarioDoc | null): string {
  const { builtin, synthetic } = doc?.world ?? {};
  if (builtin) return `built-in world ${builtin}`;
  if (!synthetic) return result.world.name;
  // It has a seed of its own; often it is the one of the draws, which is told anyway.
  const seed = synthetic.seed ?? result.seed;
  const own = seed === result.seed ? '' : ` (seed ${seed})`;
  return `invented Internet of ${count(synthetic.ases)} ASes${own}`;
}

/** Demand with its unit; a share where the world has none. */
export function demand(result: RunResult, value: number, whole: number): string {
  return result.world.has_clients ? `${number(value)}\u202fkq/s` : percent(value, whole);
}

/**
 * What demand times seconds comes to. Where demand has no unit, it is the time in which all demand
 * together would have lost as much.
 */
export function lost(result: RunResult, report: RunReport, value: number): [string, string] {
  if (result.world.has_clients) return [number(value), 'k queries'];
  const us = report.demand > 0 ? (1e6 * value) / report.demand : 0;
  return [seconds(us), 'of all demand'];
}

/** Flows that broke, and their share of all that are open at a time. */
export function flowsText(result: RunResult, report: RunReport, broken: number): string {
  const open = report.flows.reduce((sum, kind) => sum + kind.open, 0);
  const share = open > 0 ? `${percent(broken, open)} of all` : '';
  // Where demand has no unit, their number has none.
  if (!result.world.has_clients && share) return share;
  return share && broken > 0 ? `${number(broken)}, ${share}` : number(broken);
}

/** Where packets of a fate end. */
export function fateText(sites: SiteInfo[], fate: number): string {
  const site = fateSite(fate);
  switch (fateKind(fate)) {
    case 'served':
      return `served by ${siteTitle(sites, site)}`;
    case 'stale':
      return site < 0
        ? 'sent into a link that is down'
        : `sent to ${siteTitle(sites, site)}, which does not answer`;
    case 'looping':
      return 'going round in a loop';
    case 'no-route':
      return 'no route';
  }
}

const HOW: Record<string, string> = {
  withdraw: 'withdraws',
  drain: 'is drained',
  interface: 'loses its interface',
  bfd: 'fails, BFD notices',
  'hold-timer': 'fails, the hold timer notices',
  'health-check': 'fails its health check',
  silent: 'fails silently',
  unannounced: 'is up but unannounced',
};

/** What happened, with cities in place of codes. */
export function eventTitle(result: RunResult, event: EventInfo): string {
  const label = withCities(event.label, result.sites);
  if (event.site === null) return label;
  const city = siteTitle(result.sites, event.site);
  if (event.deed === 'fail' && event.index === null) return `${city} withdraws under load`;
  if (event.deed === 'fail') return `${city} ${HOW[event.how ?? 'withdraw'] ?? 'fails'}`;
  if (event.deed === 'restore') return `${city} returns`;
  return label;
}

/** The name of a dot without asking the engine: its client, else its AS and city. */
export function dotName(
  result: RunResult,
  world: World,
  places: { name: string }[],
  dot: number,
): string {
  const client = result.clients.find((one) => one.dot === dot);
  if (client) return client.name;
  const place = places[world.place[dot]];
  return `AS${world.asn[dot]}${place ? `, ${place.name}` : ''}`;
}

/** Steps of the decision process: as a row of the table, and in a sentence. */
const STEPS: Record<string, [row: string, phrase: string]> = {
  'local-pref': ['LOCAL_PREF', 'LOCAL_PREF'],
  'path-length': ['AS path', 'path length'],
  origin: ['ORIGIN', 'ORIGIN'],
  med: ['MED', 'MED'],
  ebgp: ['eBGP before iBGP', 'the rule that eBGP goes before iBGP'],
  'igp-cost': ['IGP cost', 'IGP cost'],
  oldest: ['Route age', 'route age'],
  rtt: ['RTT', 'RTT (not a BGP attribute)'],
  'tie-break': ['Tie-break', 'the tie-break'],
  'router-id': ['Router id', 'the router id'],
  'cluster-list': ['Cluster list', 'the cluster list'],
  'neighbor-address': ['Neighbor address', 'the neighbor’s address'],
};

export function stepRow(step: string): string {
  return STEPS[step]?.[0] ?? step;
}

export function stepPhrase(step: string): string {
  return STEPS[step]?.[1] ?? step;
}

/** Why somebody did not come back, for people who do not run routers. */
const STAYED: Record<string, string> = {
  'local-pref': 'its network prefers the kind of neighbor that leads there (LOCAL_PREF)',
  'path-length': 'the AS path there is shorter',
  origin: 'the route there has the better origin code',
  med: 'the neighbor asks for that way in (MED)',
  ebgp: 'the route there comes from another AS, not from inside',
  'igp-cost': 'the way out to it is nearer',
  oldest: 'up to there both routes are equal, and a router keeps the one that it uses',
  rtt: 'the round trip there is shorter',
  'tie-break': 'up to there both routes are equal, and the tie-break says so',
  'router-id': 'up to there both routes are equal, and the lower router id wins',
  'cluster-list': 'up to there both routes are equal, and the shorter cluster list wins',
  'neighbor-address': 'up to there both routes are equal, and the lower address wins',
  dns: 'its resolver still holds the other answer',
  'not-announced': 'the site is up but does not announce',
  'not-heard': 'no usable route to the site reaches it',
  'on-its-way': 'its forwarding table is still being written',
};

export function stayedReason(reason: string | null): string {
  return reason === null ? 'nobody asked why' : (STAYED[reason] ?? reason);
}

export function steeringName(steering: string): string {
  return { anycast: 'Anycast', geodns: 'GeoDNS', hybrid: 'Hybrid' }[steering] ?? steering;
}
