// The Plan screen (B14): what it says equals what `catchment plan` prints for the same scenario.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';

import type { Page } from '@playwright/test';

import type { RunState } from '../src/engine/api';
import { number } from '../src/model/format';
import { BINARY, cli, expect, scenarioFile, Server, Simulator, test } from './catchment';

type Field = number | string | null;
type Row = Record<string, Field>;
interface Answer {
  headline: string;
  findings: string[];
  tables: { name: string; title: string; rows: Row[] }[];
}

/** What `catchment plan` answers; its exit code says yes or no, and is no failure here. */
function plan(...args: string[]): Answer {
  const all = ['plan', ...args, '--format', 'json'];
  try {
    return JSON.parse(execFileSync(BINARY, all, { stdio: 'pipe', maxBuffer: 1 << 28 }).toString());
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
    if (stdout.length === 0) throw new Error(stderr.toString());
    return JSON.parse(stdout.toString());
  }
}

const table = (answer: Answer, name: string): Row[] =>
  answer.tables.find((one) => one.name === name)!.rows;

const fragment = (value: unknown) => deflateRawSync(JSON.stringify(value)).toString('base64url');
const EIGHT = {
  format: 1,
  name: 'eight',
  world: { builtin: 'eight' },
  service: { prefixes: ['192.0.2.0/24'] },
};
const PREPEND = { kind: 'prepend', site: 'fra', neighbor: null, prepend: 2 };
const WITHDRAW = { kind: 'withdraw', site: 'bom' };
const EIGHT_TOML = `format = 1
name = "eight"
[world]
builtin = "eight"
[service]
prefixes = ["192.0.2.0/24"]
`;
const PREPENDED = `[[correction]]
announce = { site = "fra", neighbor = 1299, prepend = 2 }
`;
const WITHDRAWN = `[[site]]
name = "bom"
remove = true
`;

/** The texts of all rows in sight of a table, by the heads of its columns. */
async function rowsOf(page: Page, testid: string): Promise<Record<string, string>[]> {
  const grid = page.getByTestId(testid).getByRole('table');
  const heads = await grid.getByRole('columnheader').evaluateAll((all) =>
    all.map((one) => {
      const unit = one.querySelector('.muted')?.textContent ?? '';
      return one.textContent!.replace(unit, '').replace(/[▲▼]/g, '').trim();
    }),
  );
  const rows = await grid
    .locator('.body [role="row"]')
    .evaluateAll((all) =>
      all.map((row) =>
        [...row.querySelectorAll('[role="cell"]')].map((cell) => cell.textContent!.trim()),
      ),
    );
  return rows.map((cells) => Object.fromEntries(cells.map((cell, at) => [heads[at], cell])));
}

/** A sentence as the page writes it: names stand in another font, not in backticks. */
const plain = (text: string) => text.replaceAll('`', '');

const print = (value: Field) =>
  value === null
    ? '–'
    : typeof value === 'number'
      ? number(value).replace('-', '−')
      : plain(value).replaceAll('|', ', ');

/** Waits until every answer that was asked for is there. */
async function answered(page: Page): Promise<void> {
  await expect(page.getByTestId('plan-headline')).toBeVisible();
  await expect(page.locator('.asking[aria-busy="true"]')).toHaveCount(0);
  await expect(page.locator('.shift', { hasText: 'asking' })).toHaveCount(0);
}

async function openPlan(simulator: Simulator, address: string): Promise<void> {
  await simulator.open(`#plan?${address}&v=1`);
  await answered(simulator.page);
}

test('the PoP table and the heat map say what the command line does', async ({
  simulator,
  page,
}) => {
  await openPlan(simulator, 's=eight');
  const expected = plan('capacity', 'eight');
  await expect(page.getByTestId('plan-headline')).toHaveText(plain(expected.headline));
  const shown = await rowsOf(page, 'plan-pops');
  const known = table(expected, 'sites');
  expect(shown.map((row) => row.site)).toEqual(known.map((row) => row.site));
  known.forEach((row, at) => {
    expect(shown[at].load).toBe(print(row.load));
    expect(shown[at]['cap.']).toBe(print(row.capacity));
    expect(shown[at].by).toBe(print(row.cause));
    expect(shown[at]['N-1 worst'].replace(' ▲', '')).toBe(print(row.utilization));
    expect(shown[at]['N-1 worst'].includes('▲')).toBe(Number(row.utilization) > 100);
    expect(shown[at]['Δ vs A']).toBe('0');
  });

  // Round trips of each site: what so much of its demand does not exceed.
  const file = scenarioFile(EIGHT_TOML);
  const networks = table(plan('diff', file, file), 'networks');
  known.forEach(({ site }, at) => {
    const own = networks.filter((row) => row.site_b === site);
    own.sort((one, other) => Number(one.rtt_b_ms) - Number(other.rtt_b_ms));
    const total = own.reduce((sum, row) => sum + Number(row.demand), 0);
    const quantile = (share: number) => {
      let below = 0;
      return own.find((row) => (below += Number(row.demand)) >= share * total)!.rtt_b_ms;
    };
    expect(shown[at].p50).toBe(print(quantile(0.5)));
    expect(shown[at].p95).toBe(print(quantile(0.95)));
  });

  // Every cell of the matrix, in its metric and in the other.
  const heat = page.getByTestId('plan-heat');
  for (const { failed, site, utilization } of table(expected, 'matrix')) {
    if (failed === site) continue;
    const cell = heat.getByRole('button', { name: new RegExp(`^${failed} fails: ${site} `) });
    const said = (await cell.getAttribute('aria-label'))!;
    const value = Number(/([\d.]+) % of capacity/.exec(said)![1]);
    expect(Math.abs(value - Number(utilization))).toBeLessThanOrEqual(0.51);
    expect(said.includes('over the limit')).toBe(Number(utilization) > 100);
  }
  await heat.getByLabel('Metric').selectOption('load');
  for (const { failed, site, load } of table(expected, 'matrix').slice(0, 20)) {
    if (failed === site) continue;
    const cell = heat.getByRole('button', { name: new RegExp(`^${failed} fails: ${site} `) });
    await expect(cell).toHaveAccessibleName(`${failed} fails: ${site} ${Number(load)} kq/s`);
  }
});

test('the PoP table is sorted, filtered, copied, and points at sites', async ({
  simulator,
  page,
}) => {
  await openPlan(simulator, 's=eight');
  const pops = page.getByTestId('plan-pops');
  const names = async () => (await rowsOf(page, 'plan-pops')).map((row) => row.site);
  const known = table(plan('capacity', 'eight'), 'sites');
  const byLoad = [...known].sort((a, b) => Number(b.load) - Number(a.load));
  const head = pops.getByRole('columnheader', { name: /^load/ });
  await head.getByRole('button').click();
  await expect(head).toHaveAttribute('aria-sort', 'ascending');
  await head.getByRole('button').click();
  await expect(head).toHaveAttribute('aria-sort', 'descending');
  expect((await names())[0]).toBe(byLoad[0].site);

  await pops.getByRole('searchbox').fill('load>100 -site:bom');
  const wanted = byLoad.filter((row) => Number(row.load) > 100 && row.site !== 'bom');
  expect(await names()).toEqual(wanted.map((row) => row.site));
  await pops.getByRole('button', { name: 'Drop -site:bom' }).click();
  expect(await names()).toContain('bom');
  // A term that means nothing says what would.
  await pops.getByRole('searchbox').fill('loads>100');
  await expect(pops.locator('.mistake')).toContainText('did you mean “load”?');
  await pops.getByRole('searchbox').fill('');

  await pops.getByText('Columns', { exact: true }).click();
  await pops.getByRole('checkbox', { name: 'missing' }).check();
  await expect(pops.getByRole('columnheader', { name: /missing/ })).toBeVisible();
  await pops.getByRole('checkbox', { name: 'sessions' }).check();
  await pops.getByRole('checkbox', { name: 'last flap' }).check();
  await pops.getByText('Columns', { exact: true }).click();
  await pops.getByRole('searchbox').fill('site:fra');
  expect(await rowsOf(page, 'plan-pops')).toMatchObject([{ sessions: '1', 'last flap': '–' }]);
  await pops.getByRole('searchbox').fill('');

  const saved = page.waitForEvent('download');
  await pops.getByRole('button', { name: 'CSV' }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toBe('eight-sites.csv');
  const lines = readFileSync(await file.path())
    .toString()
    .trim()
    .split('\r\n');
  expect(lines).toHaveLength(known.length + 1);
  expect(lines[0]).toMatch(/^site,load,capacity,share,change,/);

  await pops.getByRole('row', { name: /^lhr/ }).hover();
  const heads = page.getByTestId('plan-heat').locator('th.pointed');
  await expect(heads).toHaveText(['lhr', 'lhr']);
});

test('B14: a cell of the heat map plays its failure in Simulate', async ({ simulator, page }) => {
  await openPlan(simulator, 's=eight');
  const heat = page.getByTestId('plan-heat');
  await heat.getByRole('button', { name: /^bom fails: sin/ }).click();
  await simulator.idle();
  await expect(page.getByTestId('screen-simulate')).toHaveAttribute('aria-current', 'page');
  await expect(simulator.pop('bom')).toHaveAttribute('data-state', 'failed');
  const expected = table(plan('capacity', 'eight'), 'matrix').find(
    (row) => row.failed === 'bom' && row.site === 'sin',
  )!;
  // What the plan promised is what Simulate shows: the load of the heir.
  // Resolvers that wait ask again, so that more is offered than is meant.
  await expect(page.getByTestId('load-sin')).toHaveAttribute(
    'data-legit',
    String(Number(expected.load)),
  );
  await page.keyboard.press('Control+z');
  await simulator.idle();
  await expect(simulator.pop('bom')).toHaveAttribute('data-state', 'up');
});

test('a cell of B plays B, and undo brings the list back', async ({ simulator, page }) => {
  await openPlan(simulator, `s=eight&ch=${fragment([PREPEND])}`);
  await page
    .getByTestId('plan-heat')
    .getByRole('button', { name: /^sin fails: mia/ })
    .click();
  await simulator.idle();
  expect(readFileSync(await simulator.file()).toString()).toMatch(/prepend = 2/);
  await page.keyboard.press('Control+z');
  await simulator.idle();
  await page.keyboard.press('p');
  await expect(page.getByTestId('change-0')).toContainText('fra: prepend ×2 to everybody');
  expect(readFileSync(await simulator.file()).toString()).not.toContain('prepend');
});

test('round trips and the difference are those of `plan diff`', async ({ simulator, page }) => {
  await openPlan(simulator, `s=eight&ch=${fragment([PREPEND, WITHDRAW])}`);
  const b = scenarioFile(EIGHT_TOML + PREPENDED + WITHDRAWN);
  const expected = plan('diff', scenarioFile(EIGHT_TOML), b);
  const card = page.getByTestId('plan-diff');
  const [summary, rtt] = [table(expected, 'summary'), table(expected, 'rtt')];
  const ases = (kind: string) => summary.find((row) => row.class === kind)!.ases;
  const text = (await page.getByTestId('plan-moved').textContent())!;
  expect(text.replace(/\s+/g, ' ')).toContain(`${ases('moved')} ASes move`);
  expect(text).toContain(`${ases('faster')} faster`);
  expect(text).toContain(`${ases('slower')} slower`);
  const p95 = rtt.find((row) => row.quantile === 'p95')!;
  expect(text.replace(/\s/g, ' ')).toContain(
    `p95 ${Math.round(Number(p95.a_ms))} ms → ${Math.round(Number(p95.b_ms))} ms`,
  );
  await card.getByText('In words').click();
  await expect(card).toContainText(plain(expected.headline));
  expect(await rowsOf(page, 'plan-flows')).toEqual(
    table(expected, 'flows').map((row) => ({
      from: print(row.from),
      to: print(row.to),
      sources: print(row.sources),
      ases: print(row.ases),
      demand: print(row.demand),
      share: print(row.share),
      change: print(row.change_ms),
    })),
  );
  // A and B of the PoP table, and the curves as numbers.
  const sites = table(expected, 'sites');
  for (const row of await rowsOf(page, 'plan-pops')) {
    const change = Number(sites.find(({ site }) => site === row.site)!.change);
    expect(row['Δ vs A'].replace('−', '-')).toBe(change > 0 ? `+${change}` : String(change));
  }
  const curves = page.locator('figure', { hasText: 'Round trips' });
  await curves.getByRole('button', { name: 'As a table' }).click();
  const last = curves.locator('tbody tr').last();
  await expect(last).toContainText(number(Number(rtt.at(-1)!.b_ms)));

  // Two more metrics, by what runs say of each network.
  const metric = page.getByTestId('curve-metric');
  await metric.selectOption('length');
  const routes = cli<Row[]>('simulate', b, '--at', '0');
  const networks = table(expected, 'networks');
  const short = networks.filter(
    ({ asn }) => Number(routes.find((route) => route.asn === asn)!.path_length) <= 2,
  );
  const demand = (rows: Row[]) => rows.reduce((sum, row) => sum + Number(row.demand), 0);
  const lengths = page.locator('figure', { hasText: 'Path lengths' });
  await expect(lengths.getByRole('checkbox', { name: 'log' })).toHaveCount(0);
  const two = lengths
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name: '2', exact: true }) });
  await expect(two.getByRole('cell').last()).toHaveText(
    number((100 * demand(short)) / demand(networks)),
  );
  await metric.selectOption('inflation');
  const inflation = page.locator('figure', { hasText: 'Inflation of round trips' });
  await expect(inflation.locator('tbody tr').last()).toContainText('100');
  await inflation.getByRole('button', { name: 'As curves' }).click();
  await inflation.getByRole('checkbox', { name: 'log' }).check();
  await expect(inflation.locator('canvas')).toBeVisible();
});

test('networks are filtered by what is known of them', async ({ simulator, page }) => {
  await openPlan(simulator, `s=eight&ch=${fragment([WITHDRAW])}`);
  const b = scenarioFile(EIGHT_TOML + WITHDRAWN);
  const all = table(plan('diff', scenarioFile(EIGHT_TOML), b), 'networks');
  const filter = page.getByTestId('plan-networks').getByRole('searchbox');
  const asns = async () => (await rowsOf(page, 'plan-networks')).map((row) => row.asn);
  // Paths are those of B, as it is at the start of a run.
  const routes = cli<Row[]>('simulate', b, '--at', '0');
  const lengthOf = ({ asn }: Row) => Number(routes.find((route) => route.asn === asn)!.path_length);
  const fits = (test: (row: Row) => boolean) => all.filter(test).map((row) => `AS${row.asn}`);
  expect(await asns()).toEqual(fits(() => true));
  const stories: [string, (row: Row) => boolean][] = [
    ['moved', (row) => Number(row.moved) > 0],
    ['-moved country:us', (row) => Number(row.moved) === 0 && row.country === 'US'],
    ['site:fra rtt>30', (row) => row.site_b === 'fra' && Number(row.rtt_b_ms) > 30],
    ['weight>=100', (row) => Number(row.demand) >= 100],
    ['"york"', (row) => String(row.name).toLowerCase().includes('york')],
    ['was:bom city:jnb', (row) => row.site_a === 'bom' && row.city === 'JNB'],
    ['tier:1', (row) => row.tier === 1],
    ['len>=3', (row) => lengthOf(row) >= 3],
    ['len:2 -site:fra', (row) => lengthOf(row) === 2 && row.site_b !== 'fra'],
  ];
  for (const [text, test] of stories) {
    await filter.fill(text);
    expect(await asns(), text).toEqual(fits(test));
  }
});

test('changes are added, ordered, dropped, predicted, applied and taken back', async ({
  simulator,
  page,
}) => {
  await openPlan(simulator, 's=eight');
  const list = page.getByTestId('plan-changes');
  const item = (place: number) => page.getByTestId(`change-${place}`);
  const add = list.getByRole('button', { name: 'Add change' });
  await page.getByTestId('change-site').selectOption('fra');
  await page.getByTestId('change-prepend').selectOption('2');
  await add.click();
  await page.getByTestId('change-site').selectOption('bom');
  await page.getByTestId('change-kind').selectOption('withdraw');
  await add.click();
  await expect(item(0)).toContainText('fra: prepend ×2 to everybody');
  await expect(item(1)).toContainText('bom: withdraw');
  await answered(page);
  // Each change is held against the list before it.
  const [a, one, two] = [
    EIGHT_TOML,
    EIGHT_TOML + PREPENDED,
    EIGHT_TOML + PREPENDED + WITHDRAWN,
  ].map(scenarioFile);
  await expect(item(0)).toContainText(plain(plan('diff', a, one).headline));
  await expect(item(1)).toContainText(plain(plan('diff', one, two).headline));

  await item(1)
    .getByRole('button', { name: /^Earlier/ })
    .click();
  await expect(item(0)).toContainText('bom: withdraw');
  await answered(page);
  const other = scenarioFile(EIGHT_TOML + WITHDRAWN);
  await expect(item(0)).toContainText(plain(plan('diff', a, other).headline));

  // A PoP in a city, with the neighbors that are proposed there.
  await page.getByTestId('change-kind').selectOption('add');
  await page.getByRole('combobox', { name: /City/ }).fill('Warsaw');
  await page
    .getByRole('option', { name: /Warsaw/ })
    .first()
    .click();
  await list.getByRole('button', { name: 'Add PoP' }).click();
  await expect(item(2)).toContainText('add waw');
  await answered(page);
  await expect(page.getByTestId('plan-pops')).toContainText('new in B');
  await item(0).getByRole('button', { name: /^Drop/ }).click();
  await expect(item(1)).toContainText('add waw');
  await answered(page);
  const headline = (await page.getByTestId('plan-headline').textContent())!;

  // Applied, the scenario is what was planned: the command line says the same of it.
  await list.getByRole('button', { name: 'Apply' }).click();
  await simulator.idle();
  await expect(item(0)).toHaveCount(0);
  const file = await simulator.file();
  expect(plan('capacity', file).headline).toBe(headline.trim());
  expect(readFileSync(file).toString()).toMatch(/prepend = 2/);
  await answered(page);
  await page.getByRole('button', { name: 'Undo', exact: true }).first().click();
  await simulator.idle();
  await expect(item(0)).toContainText('fra: prepend ×2');
  await list.getByRole('button', { name: 'Revert' }).click();
  await expect(list).toContainText('Nothing is changed yet');
});

test('every kind of change means to the command line what the list says', async ({
  simulator,
  page,
}) => {
  const changes = [
    { kind: 'prepend', site: 'mia', neighbor: 3356, prepend: 1 },
    { kind: 'session', site: 'mia', neighbor: 12956 },
    { kind: 'capacity', site: 'sin', kqps: 900 },
    { kind: 'announce', site: 'nrt', neighbor: 2914, says: { communities: ['no-peer'] } },
    { kind: 'prefixes', site: 'gru', prefixes: ['192.0.2.0/24'] },
  ];
  await openPlan(simulator, `s=eight&ch=${fragment(changes)}`);
  const said = (await page.getByTestId('plan-headline').textContent())!.trim();
  await page.getByRole('button', { name: 'Apply' }).click();
  await simulator.idle();
  const file = await simulator.file();
  expect(plan('capacity', file).headline).toBe(said);
  const toml = readFileSync(file).toString();
  for (const text of ['kqps = 900', 'withdraw = true', 'no-peer', 'prepend = 1']) {
    expect(toml).toContain(text);
  }
});

test('a suggestion is what `plan steer` finds, and the list can take it', async ({
  simulator,
  page,
}) => {
  await openPlan(simulator, 's=eight');
  await page.getByRole('button', { name: 'Suggest' }).click();
  const panel = page.getByTestId('plan-suggest');
  await page.getByTestId('suggest-goal').selectOption('mean');
  await panel.getByRole('button', { name: 'Search' }).click();
  const expected = plan('steer', 'eight', '--lower', 'mean');
  await expect(panel).toContainText(plain(expected.headline), { timeout: 60_000 });
  const steps = await rowsOf(page, 'plan-steps');
  expect(steps.map((row) => row.change)).toEqual(table(expected, 'steps').map((row) => row.change));
  // What was weighed is there too.
  await expect(page.getByTestId('plan-levers').getByRole('status')).toHaveText(
    String(table(expected, 'levers').length),
  );
  await panel.getByRole('button', { name: 'Take into the list' }).click();
  await expect(page.getByTestId('change-0')).toContainText('no-announce');
  await answered(page);
  const mean = table(expected, 'steps').at(-1)!.rtt_mean;
  const curves = page.getByTestId('plan-diff');
  await curves.getByText('In words').click();
  await expect(curves).toContainText(`${Number(mean).toFixed(1)} ms in B`);
});

test('configuration is what `catchment config` writes', async ({ simulator, page }) => {
  await openPlan(simulator, `s=eight&ch=${fragment([PREPEND])}`);
  await page.getByRole('button', { name: 'Export config' }).click();
  const panel = page.getByTestId('plan-configs');
  await expect(panel).toContainText('Review before use');
  const text = panel.getByLabel('Configuration of fra');
  await expect(text).toContainText('bgp_path.prepend');
  const [a, b] = [EIGHT_TOML, EIGHT_TOML + PREPENDED].map(scenarioFile);
  const lines = (...args: string[]) =>
    execFileSync(BINARY, ['config', ...args, '--site', 'fra'], { stdio: 'pipe' }).toString();
  expect(lines(a, '--daemon', 'bird', '--change', b)).toContain(await text.textContent());
  await panel.getByText('The way back', { exact: true }).click();
  await expect(panel.getByLabel('The way back of fra')).not.toContainText('bgp_path.prepend');

  await panel.getByLabel('Software').selectOption('frr');
  await panel.getByLabel('What').selectOption('whole');
  await panel.getByLabel('PoP').selectOption('fra');
  await expect(text).toContainText('router bgp');
  expect(lines(b, '--daemon', 'frr').trim()).toBe((await text.textContent())!.trim());
  const saved = page.waitForEvent('download');
  await panel.getByRole('button', { name: 'Download', exact: true }).click();
  const file = await saved;
  expect(file.suggestedFilename()).toBe('eight-fra-frr.conf');
  expect(readFileSync(await file.path()).toString()).toBe(await text.textContent());
});

test('B14: an attack, what survives it, and a response that Simulate plays', async ({
  simulator,
  page,
}) => {
  test.slow();
  await openPlan(simulator, 's=ddos-region');
  const panel = page.getByTestId('plan-attack');
  await page.getByTestId('attack-source').selectOption('region');
  await page.getByTestId('attack-region').selectOption('eu');
  await panel.getByLabel('Size').fill('0.5');
  await panel.getByRole('button', { name: 'Attack' }).click();
  const asked = ['attack', 'ddos-region', '--from', 'region=eu', '--mqps', '0.5'];
  const expected = plan(...asked);
  await expect(page.getByTestId('attack-headline')).toHaveText(plain(expected.headline));
  const claims = await rowsOf(page, 'plan-families');
  table(expected, 'families').forEach((row, at) => {
    expect(claims[at].even).toBe(print(row.even));
    expect(claims[at].most).toBe(print(row.most));
    expect(claims[at].at).toBe(print(row.at));
  });
  const best = table(expected, 'playbook').filter((row) => row.note === 'best');
  const shown = await rowsOf(page, 'plan-playbook');
  expect(shown.map((row) => row.response)).toEqual(best.map((row) => row.response));
  expect(shown.map((row) => row.served)).toEqual(best.map((row) => print(row.served)));
  const playbook = page.getByTestId('plan-playbook');
  await playbook.getByRole('searchbox').fill('response:fra');
  const rows = await rowsOf(page, 'plan-playbook');
  const known = table(expected, 'playbook').filter((row) => String(row.response).startsWith('fra'));
  expect(rows.map((row) => row['moved clients'])).toEqual(
    known.map((row) => print(row.moved_clients)),
  );

  // How much each does, and whether a smaller one does as much.
  expect(rows[0]).toMatchObject({ response: 'fra withdraws', size: '1 site', smaller: 'absorb' });
  expect(rows.find((row) => row.response === 'fra prepends 2')).toMatchObject({
    size: '2 prepends',
    smaller: 'fra prepends 1',
    note: '–',
  });
  await playbook.getByRole('searchbox').fill('smaller:fra');
  expect((await rowsOf(page, 'plan-playbook')).map((row) => row.response)).toEqual(
    table(expected, 'playbook')
      .filter((row) => String(row.note).startsWith('`fra'))
      .map((row) => row.response),
  );
  await playbook.getByRole('searchbox').fill('response:fra');

  // The response `fra withdraws` is played: attack first, then what was done about it.
  await playbook.getByRole('button', { name: /^Try in Simulate: fra withdraws/ }).click();
  await simulator.idle();
  const toml = readFileSync(await simulator.file()).toString();
  expect(toml).toMatch(/attack = \{ mqps = 0\.5, from = \{ region = "eu" \}, lasts = "10m" \}/);
  expect(toml).toMatch(/at = "1m1s"\nfail = "fra"/);
  await simulator.seek(30);
  await expect(simulator.pop('fra')).toHaveAttribute('data-state', 'up');
  const under = table(expected, 'sites').find((row) => row.site === 'fra')!;
  const load = page.getByTestId('load-fra');
  await expect(load).toHaveAttribute('data-legit', String(under.legit));
  const offered = Number(await load.getAttribute('data-offered'));
  expect((100 * offered) / Number(under.capacity)).toBeCloseTo(Number(under.utilization), 1);
  await simulator.seek(300);
  await expect(simulator.pop('fra')).toHaveAttribute('data-state', 'failed');
});

test('an attack without a size is the one of the scenario', async ({ simulator, page }) => {
  test.slow();
  await openPlan(simulator, 's=ddos-region');
  const panel = page.getByTestId('plan-attack');
  await panel.getByRole('button', { name: 'Attack' }).click();
  const expected = plan('attack', 'ddos-region');
  await expect(page.getByTestId('attack-headline')).toHaveText(plain(expected.headline), {
    timeout: 60_000,
  });
  await expect(page.getByTestId('attack-chart-0')).toContainText('by_users');
  await expect(panel).toContainText('1.1 Mq/s');
});

test('residency is a card where the scenario asks for it', async ({ simulator, page }) => {
  const rules = { residency: { eu: ['eu', 'uk'] } };
  await openPlan(simulator, `z=${fragment({ ...EIGHT, ...rules })}`);
  const expected = plan('residency', scenarioFile(`${EIGHT_TOML}[residency]\neu = ["eu", "uk"]\n`));
  const card = page.getByTestId('residency-card');
  await expect(card).toContainText(plain(expected.headline));
  await expect(card).toContainText(plain(expected.findings[0]));
  await openPlan(simulator, 's=eight');
  await expect(card).toHaveCount(0);
});

test('questions without sense say what to do', async ({ simulator, page }) => {
  await simulator.open('#plan?s=eight&m=geodns&v=1');
  await expect(page.getByRole('alert').first()).toContainText('DNS chooses the sites');
  await page.getByRole('button', { name: 'Plan with anycast' }).first().click();
  await answered(page);
  await expect(page.getByLabel('Mode')).toHaveValue('anycast');
  await simulator.open('#plan?s=empty&v=1', '?test=1&empty');
  await expect(page.getByRole('alert').first()).toContainText('no site announces anything');
  // A change that cannot be made is told beside the others, and the page goes on.
  const bad = [{ kind: 'prepend', site: 'fra', neighbor: 64999, prepend: 1 }];
  await simulator.open(`#plan?s=eight&ch=${fragment(bad)}&v=1`, '?test=1&bad');
  await expect(page.getByTestId('change-0').locator('.bad')).toBeVisible();
  await page.getByRole('button', { name: 'Revert' }).click();
  await answered(page);
});

test('a plan that is impossible says which constraint cannot be met', async ({
  simulator,
  page,
}) => {
  await openPlan(simulator, 's=eight');
  await page.getByRole('button', { name: 'Suggest' }).click();
  const panel = page.getByTestId('plan-suggest');
  await page.getByTestId('suggest-goal').selectOption('shares');
  await panel.getByLabel('fra, %').fill('70');
  await panel.getByLabel('lhr, %').fill('60');
  await panel.getByRole('button', { name: 'Search' }).click();
  const alert = panel.getByRole('alert');
  await expect(alert).toContainText('Not possible:');
  await expect(alert).toContainText(
    'the targets add up to 130 % of demand, 30 % more than there is',
  );
  await expect(alert).toContainText('lower some of the targets');
  // The command line refuses it with the same words.
  expect(() => plan('steer', 'eight', '--target', 'fra=70%,lhr=60%')).toThrow(
    /the targets add up to 130 % of demand/,
  );

  // The form is still there: what can be met is answered.
  await panel.getByLabel('fra, %').fill('20');
  await panel.getByLabel('lhr, %').fill('');
  await panel.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(alert).toHaveCount(0);
  await expect(panel.locator('.headline')).toBeVisible({ timeout: 60_000 });
});

test('a plan that is under way can be cancelled, and asked again', async ({ simulator, page }) => {
  test.slow();
  await simulator.open('#plan?s=internet&e=&v=1');
  const card = page.getByRole('group', { name: 'Capacity' });
  const started = page.waitForResponse(
    (response) => response.url().endsWith('/plans') && response.request().method() === 'POST',
  );
  await card.getByRole('button', { name: 'Ask' }).click();
  const { id } = (await (await started).json()) as { id: string };
  await expect(card.getByRole('status')).toContainText('Capacity:');
  const gone = page.waitForResponse((response) => response.request().method() === 'DELETE');
  await card.getByRole('button', { name: 'Cancel' }).click();
  await gone;
  // The page is as it was before, and the server has stopped too.
  await expect(card).toHaveAttribute('aria-busy', 'false');
  await expect(card.getByRole('alert')).toHaveCount(0);
  await expect(card).toContainText('an answer takes seconds');
  await expect(page.getByTestId('plan-headline')).toHaveCount(0);
  const phase = async () =>
    ((await (await page.request.get(`${simulator.url}/api/v1/runs/${id}`)).json()) as RunState)
      .phase;
  await expect.poll(phase, { timeout: 30_000 }).toBe('cancelled');
  await card.getByRole('button', { name: 'Ask' }).click();
  await expect(card.getByRole('button', { name: 'Cancel' })).toBeVisible();
  await card.getByRole('button', { name: 'Cancel' }).click();
});

test('a server that is away is said, and asked again', async ({ page }) => {
  const server = await Server.start();
  const simulator = new Simulator(page, server.url);
  await openPlan(simulator, 's=eight');
  await server.stop();
  await page.getByTestId('plan-changes').getByRole('button', { name: 'Add change' }).click();
  const card = page.getByRole('group', { name: 'Capacity' });
  await expect(card.getByRole('alert')).toContainText('The engine does not answer');
  // What it said before is still there, as that.
  await expect(card.getByRole('alert')).toContainText('asked before');
  await expect(page.getByTestId('plan-pops').getByRole('row')).toHaveCount(9);
  const again = await Server.start(Number(new URL(server.url).port));
  await card.getByRole('button', { name: 'Ask again' }).click();
  await expect(card.getByRole('alert')).toHaveCount(0);
  await expect(page.getByTestId('plan-headline')).toBeVisible();
  await again.stop();
});

test('the Plan screen by keyboard alone', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=eight&e=&v=1');
  const { keyboard } = page;
  await keyboard.press('p');
  await answered(page);
  const cell = page.getByTestId('plan-heat').locator('[data-cell="0,0"]');
  await cell.focus();
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowRight');
  await expect(page.getByTestId('plan-heat').locator('[data-cell="1,1"]')).toBeFocused();
  await page.getByTestId('plan-pops').getByRole('table').focus();
  await keyboard.press('ArrowDown');
  await keyboard.press('ArrowDown');
  const row = page.getByTestId('plan-pops').locator('[aria-current="true"]');
  await expect(row).toContainText('mia');
  await page.getByTestId('change-prepend').focus();
  await keyboard.press('3');
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await expect(page.getByTestId('change-0')).toContainText('jfk: prepend ×3');
  await page.getByRole('button', { name: /^Drop/ }).press('Enter');
  await expect(page.getByTestId('change-0')).toHaveCount(0);
  await page.getByTestId('plan').focus();
  await keyboard.press('p');
  await expect(page.getByTestId('map').first()).toBeVisible();
  await keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('Plan, and back to Simulate');
});

test('an Internet is asked about when somebody presses, and its networks scroll', async ({
  simulator,
  page,
}) => {
  test.slow();
  await simulator.open('#plan?s=internet&e=&v=1');
  await expect(page.getByText(/networks: an answer takes seconds/)).toHaveCount(2);
  await expect(page.getByTestId('plan-headline')).toHaveCount(0);
  const ask = page.getByRole('group', { name: 'Diff' }).getByRole('button', { name: 'Ask' });
  await ask.click();
  const show = page.getByRole('button', { name: /^Show .* networks$/ });
  await show.click({ timeout: 60_000 });
  const networks = page.getByTestId('plan-networks');
  await expect(networks).toBeVisible({ timeout: 30_000 });
  // Only rows in sight are in the document, and the last is reached.
  const grid = networks.getByRole('table');
  expect(Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThan(60_000);
  expect(await grid.locator('.body [role="row"]').count()).toBeLessThan(80);
  await grid.evaluate((element) => (element.scrollTop = element.scrollHeight));
  await expect(grid.locator('.body [role="row"]').last()).toHaveAttribute(
    'aria-rowindex',
    (await grid.getAttribute('aria-rowcount'))!,
  );
  await networks.getByRole('searchbox').fill('country:de rtt>80');
  await expect(networks.getByRole('status')).toContainText(' of ');
  // Paths are what runs know: they are asked for like everything here.
  await networks.getByRole('searchbox').fill('len>0');
  await expect(networks).toContainText('No row fits the filter.');
  await networks.getByRole('button', { name: 'Ask for paths' }).click();
  await expect(networks.getByRole('status')).toContainText(' of ', { timeout: 60_000 });
  await expect(networks.getByRole('button', { name: 'Ask for paths' })).toHaveCount(0);
  await page.getByTestId('curve-metric').selectOption('length');
  await expect(page.locator('figure', { hasText: 'Path lengths' }).locator('canvas')).toBeVisible();
});
