// What sites are called, wherever they are shown: by their city; with their name too where the city
// alone does not tell which is meant. Pure, but for remembering what was said.

import type { ScenarioDoc, SiteInfo } from '../engine/api';

type Sites = readonly SiteInfo[];

/** Titles are asked for in every picture, and there may be hundreds of sites. */
const known = new WeakMap<Sites, string[]>();

function titlesOf(sites: Sites, isMoved: (site: SiteInfo) => boolean): string[] {
  const counts = new Map<string, number>();
  for (const { city } of sites) counts.set(city, (counts.get(city) ?? 0) + 1);
  return sites.map((site) => {
    const { name } = site;
    const city = site.city || name;
    if (isMoved(site)) return city === name ? `${name} (moved)` : `${city} (${name}, moved)`;
    const isAlone = counts.get(site.city) === 1;
    return isAlone || city === name ? city : `${city} (${name})`;
  });
}

/**
 * Whether a scenario puts a site of its world elsewhere. Sites are named after where they were, so
 * that `fra` in Warsaw needs a word; a new site has an AS in the file, and a name of its own.
 */
function isMovedBy(doc: ScenarioDoc, name: string): boolean {
  const own = (doc.site ?? []).find((one) => one.name.toLowerCase() === name.toLowerCase());
  return own !== undefined && own.asn === undefined && (own.city ?? own.at) !== undefined;
}

/** Has the sites of a result called as the scenario that was played asks for. */
export function nameSites(sites: Sites, doc: ScenarioDoc): void {
  known.set(
    sites,
    titlesOf(sites, (site) => isMovedBy(doc, site.name)),
  );
}

/** A site for people: `Frankfurt`, `Tokyo (nrt2)`, `Warsaw (fra, moved)`. */
export function siteTitle(sites: Sites, index: number): string {
  if (!sites[index]) return 'nowhere';
  let titles = known.get(sites);
  if (!titles) {
    titles = titlesOf(sites, () => false);
    known.set(sites, titles);
  }
  return titles[index];
}

/** The same for a site at hand. */
export function titleOf(sites: Sites, site: SiteInfo): string {
  const place = sites.indexOf(site);
  return place < 0 ? site.city || site.name : siteTitle(sites, place);
}

/** How many sites keys can toggle. */
export const KEYED = 8;

/** The key that fails or restores the site at a place of the list; null for those without. */
export function keyOf(place: number): string | null {
  return place >= 0 && place < KEYED ? String(place + 1) : null;
}
