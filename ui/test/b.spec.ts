// The promises of the first page, by name: B1 … B10 and B14. Whatever a test expects of routes and
// times comes from the command line for the same scenario, not from this file.

import type { Page } from '@playwright/test';

import { cli, expect, test, trace, type Simulator, type TraceRow } from './catchment';

interface SolveRow {
  asn: number;
  site: string | null;
  path_length: number | null;
  decided_by: string;
}

interface EventRow {
  label: string;
  time_s: number;
  failover_s: number | null;
  converged_s: number | null;
  lost: number;
  path_length_mean: number;
  active_sites: number;
  stayed: string | null;
}

/** Changes of what becomes of a client's packets, with every client that the trace names. */
function clientChanges(rows: TraceRow[]): { at: number; client: string; to: string | null }[] {
  return rows
    .filter((row) => row.plane === 'data')
    .map((row) => ({
      at: row.time_s,
      client: row.client as string,
      to: row.to as string | null,
    }));
}

/** Fails Frankfurt by a click and waits until nothing plays. */
async function failFrankfurt(simulator: Simulator): Promise<void> {
  await simulator.pop('fra').click();
  await simulator.idle();
}

/** The colours of the lowest canvas of the map at places, given as degrees east and north. */
function colors(page: Page, places: [number, number][]): Promise<string[]> {
  return page.evaluate((wanted) => {
    const { project } = window.__catchment as unknown as {
      project(place: [number, number]): [number, number];
    };
    const canvas = document.querySelector<HTMLCanvasElement>('[data-testid="map"] canvas')!;
    const ratio = canvas.width / canvas.clientWidth;
    const context = canvas.getContext('2d')!;
    return wanted.map((place) => {
      const [x, y] = project(place);
      return context.getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data.join();
    });
  }, places);
}

test('B1: a world map with eight glowing PoPs in eight cities and ASes, and one address', async ({
  simulator,
  page,
}) => {
  await simulator.open();
  await expect(simulator.pops()).toHaveCount(8);
  const labels = await simulator
    .pops()
    .evaluateAll((pops) => pops.map((pop) => pop.getAttribute('aria-label') ?? ''));
  const parts = labels.map((label) => /^(.+), AS(\d+), up/.exec(label));
  expect(parts.every(Boolean), labels.join('\n')).toBe(true);
  expect(new Set(parts.map((part) => part![1])).size).toBe(8);
  expect(new Set(parts.map((part) => part![2])).size).toBe(8);
  await expect(page.getByText('192.0.2.0/24').first()).toBeVisible();
  await expect(page.getByTestId('map')).toBeVisible();
  // Land is drawn: Kansas, Kazakhstan and Chad are not of the colour of three oceans.
  const land = await colors(page, [
    [-98.5, 38.5],
    [67.5, 47.5],
    [18.5, 15.5],
  ]);
  const sea = await colors(page, [
    [-37.5, 32.5],
    [-142.5, 7.5],
    [82.5, -32.5],
  ]);
  for (const color of land) expect(sea).not.toContain(color);
});

test('B2: a line joins each client to the PoP that it routes to now', async ({
  simulator,
  page,
}) => {
  await simulator.open();
  const fates = await simulator.fates();
  expect(Object.keys(fates)).toHaveLength(17);
  for (const [name, { fate, site }] of Object.entries(fates)) {
    expect(fate, name).toBe('served');
    await expect(simulator.pop(site)).toBeVisible();
    await expect(simulator.client(name), name).toHaveAttribute('data-line', 'dashed');
  }
  // And they are drawn.
  const painted = () =>
    page.evaluate(() => {
      const canvas = document.querySelectorAll<HTMLCanvasElement>('[data-testid="map"] canvas')[2];
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, place) => place % 4 === 3 && value > 0).length;
    });
  await expect.poll(painted).toBeGreaterThan(1000);
});

test('B3: the choice is the shortest AS path, then the round trip', async ({ simulator, page }) => {
  await simulator.open();
  const rows = cli<SolveRow[]>('solve', 'hello');
  const fates = await simulator.fates();
  const asns = await simulator
    .clients()
    .evaluateAll((clients) =>
      clients.map((client) => [
        (client as SVGElement).dataset.name!,
        Number((client as SVGElement).dataset.asn),
      ]),
    );
  const decided = new Set<string>();
  for (const [name, asn] of asns as [string, number][]) {
    const row = rows.find((one) => one.asn === asn)!;
    expect(fates[name].site, name).toBe(row.site);
    decided.add(row.decided_by);
  }
  expect([...decided].every((step) => ['path-length', 'rtt', 'only'].includes(step))).toBe(true);
  await simulator.client('Istanbul').click();
  const why = page.getByTestId('why');
  await expect(why).toContainText(/path length|round trip|RTT/i);
  await expect(why).toContainText(/not a BGP attribute/i);
});

test('B4: the strip shows active PoPs, the mean AS path and the last convergence', async ({
  simulator,
}) => {
  await simulator.open();
  expect(await simulator.stat('active')).toBe('8');
  await failFrankfurt(simulator);
  const [event] = cli<EventRow[]>('simulate', await simulator.file());
  expect(await simulator.stat('active')).toBe(String(event.active_sites));
  expect(Number(await simulator.stat('path'))).toBeCloseTo(event.path_length_mean, 5);
  expect(Number(await simulator.stat('convergence'))).toBeCloseTo(event.converged_s!, 5);
  expect(Number(await simulator.stat('lost'))).toBeCloseTo(event.lost, 5);
});

test('B5: a click on land adds a client, one on the sea does not', async ({ simulator, page }) => {
  await simulator.open();
  const map = page.getByTestId('map');
  const at = async (lon: number, lat: number) => {
    const point = await page.evaluate(
      (place) =>
        (window.__catchment as unknown as { project(p: number[]): [number, number] }).project(
          place,
        ),
      [lon, lat],
    );
    const box = (await map.boundingBox())!;
    return { x: box.x + point[0], y: box.y + point[1] };
  };
  const land = await at(-100, 40);
  await page.mouse.click(land.x, land.y);
  await expect(simulator.clients()).toHaveCount(18);
  await simulator.idle();
  const fates = await simulator.fates();
  expect(Object.values(fates).filter(({ fate }) => fate === 'served')).toHaveLength(18);
  const sea = await at(-40, 30);
  await page.mouse.click(sea.x, sea.y);
  await expect(page.getByText(/clients live on land/i)).toBeVisible();
  await expect(simulator.clients()).toHaveCount(18);
});

test('B6: a click on a PoP fails it, another restores it', async ({ simulator }) => {
  await simulator.open();
  await failFrankfurt(simulator);
  await expect(simulator.pop('fra')).toHaveAttribute('aria-label', /Frankfurt, AS\d+, failed/);
  expect(await simulator.stat('active')).toBe('7');
  await simulator.pop('fra').click();
  await simulator.idle();
  await expect(simulator.pop('fra')).toHaveAttribute('aria-label', /Frankfurt, AS\d+, up/);
  expect(await simulator.stat('active')).toBe('8');
});

test('B7: the mode switches between anycast and GeoDNS, with the same events', async ({
  simulator,
  page,
}) => {
  await simulator.open();
  await failFrankfurt(simulator);
  const byBgp = await simulator.file();
  await page.getByLabel('Mode').selectOption('geodns');
  await simulator.idle();
  expect(await simulator.file()).not.toBe('');
  await expect(simulator.pop('fra')).toHaveAttribute('aria-label', /failed/);
  await page.getByLabel('Mode').selectOption('anycast');
  await simulator.idle();
  const [before] = cli<EventRow[]>('simulate', byBgp);
  expect(Number(await simulator.stat('convergence'))).toBeCloseTo(before.converged_s!, 5);
});

test('B8: clients of a dead PoP find the next one after the delay of BGP', async ({
  simulator,
}) => {
  await simulator.open();
  const before = await simulator.fates();
  await failFrankfurt(simulator);
  const rows = trace(await simulator.file());
  const failed = rows[0].time_s;
  const changes = clientChanges(rows);
  const hurt = changes.filter((one) => one.at === failed).map((one) => one.client);
  expect(hurt.length).toBeGreaterThan(0);
  for (const name of hurt) expect(before[name].site).toBe('fra');

  await simulator.seek(failed);
  let fates = await simulator.fates();
  for (const name of hurt) expect(fates[name], name).toEqual({ fate: 'stale', site: 'fra' });

  // Some change again later: what each has just before a change is what the one before gave it.
  const now = new Map(hurt.map((name) => [name, { fate: 'stale', site: 'fra' }]));
  for (const { at, client, to } of changes.filter((one) => one.at > failed && one.to)) {
    await simulator.seek(at - 1e-6);
    fates = await simulator.fates();
    expect(fates[client], `${client} just before ${at}`).toEqual(now.get(client));
    await simulator.seek(at);
    fates = await simulator.fates();
    now.set(client, { fate: 'served', site: to! });
    expect(fates[client], `${client} at ${at}`).toEqual(now.get(client));
  }
});

test('B9: with GeoDNS clients stay with the dead PoP until their TTL reaches zero', async ({
  simulator,
  page,
}) => {
  await simulator.open('#simulate?s=hello&m=geodns&e=1:fail:fra&v=1');
  const rows = trace(await simulator.file(), '--steering', 'geodns');
  const changes = clientChanges(rows).filter((one) => one.to !== null);
  expect(changes.length).toBeGreaterThan(0);
  const { at, client } = changes[0];
  // Nobody else's answer runs out between here and there.
  await simulator.seek(at - 2.5);
  expect((await simulator.fates())[client].fate).toBe('stale');
  const ring = page.getByTestId('expiries').getByText(client).first();
  await expect(ring).toBeVisible();
  const seconds = page.locator(`[data-expiry="${client}"]`).first();
  expect(Number(await seconds.getAttribute('data-seconds'))).toBeCloseTo(2.5, 2);
  await simulator.seek(at - 0.001);
  expect(Number(await seconds.getAttribute('data-seconds'))).toBeCloseTo(0.001, 4);
  await simulator.seek(changes.at(-1)!.at);
  const fates = await simulator.fates();
  for (const one of changes) expect(fates[one.client].fate, one.client).toBe('served');
  await expect(page.getByTestId('expiries')).toContainText(/none|no answer/i);
});

test('B10: after fail and restore a card names who stayed away, and why', async ({
  simulator,
  page,
}) => {
  await simulator.open();
  await failFrankfurt(simulator);
  await simulator.pop('fra').click();
  await simulator.idle();
  const events = cli<EventRow[]>('simulate', await simulator.file());
  expect(events[1].stayed).toBe('Istanbul');
  const card = page.getByTestId('restore-card');
  await expect(card).toContainText('Istanbul');
  await expect(card).toContainText(/in use|it uses/);
  expect((await simulator.fates()).Istanbul.site).not.toBe('fra');
  await card.getByRole('button', { name: /Istanbul/ }).click();
  await expect(page.getByTestId('why')).toContainText('Istanbul');
});

test('B14: each PoP shows its load, what it inherits and what it can carry', async ({
  simulator,
  page,
}) => {
  await simulator.open('#simulate?s=eight&e=&v=1');
  await failFrankfurt(simulator);
  interface SiteRow {
    site: string;
    [column: string]: unknown;
  }
  const report = await page.evaluate(async () => {
    const hash = await (window.__catchment as unknown as { resultHash(): string }).resultHash();
    return (await fetch(`/api/v1/results/${hash}`)).json();
  });
  const names = (report.sites as { name: string; kqps: number }[]).map((site) => site.name);
  const after = report.runs[0].states.at(-1).sites as { demand: number }[];
  const rows: SiteRow[] = names.map((site, index) => ({ site, demand: after[index].demand }));
  for (const [index, { site, demand }] of rows.entries()) {
    const bar = page.getByTestId(`load-${site}`);
    expect(Number(await bar.getAttribute('data-legit')), site).toBeCloseTo(demand as number, 6);
    expect(Number(await bar.getAttribute('data-capacity')), site).toBe(report.sites[index].kqps);
  }
  await expect(page.getByTestId('load-fra')).toContainText(/down/i);
  await expect(page.getByTestId('load-lhr')).toContainText(/▲/);
});
