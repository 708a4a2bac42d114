// Each number on the screen equals what `catchment` prints for the same scenario.

import { cli, expect, scenarioFile, test, trace, type Simulator } from './catchment';

interface EventRow {
  event: number;
  label: string;
  time_s: number;
  demand: number;
  hurt_demand: number;
  failover_s: number | null;
  converged_s: number | null;
  lost: number;
  unserved_after: number;
  active_sites: number;
  path_length_mean: number | null;
  flows_broken_needed: number;
  flows_broken_unneeded: number;
}

interface StateRow {
  asn: number;
  site: string | null;
  path_length: number | null;
}

const close = (a: string, b: number, what: string) =>
  expect(Math.abs(Number(a) - b), `${what}: ${a} on the screen, ${b} in the terminal`).toBeLessThan(
    1e-5 * Math.max(1, Math.abs(b)),
  );

for (const name of ['hello', 'frankfurt-fails', 'restore-surprise', 'peering-lost-gru']) {
  test(`the strip and the catchment of ${name} equal the command line`, async ({ simulator }) => {
    await simulator.open(`#simulate?s=${name}&m=anycast&v=1`);
    const file = await simulator.file();
    const events = cli<EventRow[]>('simulate', file, '--steering', 'anycast');
    let lost = 0;
    for (const [place, event] of events.entries()) {
      // The window of an event ends just before the next one.
      const next = events[place + 1]?.time_s;
      await simulator.seek(next === undefined ? 1e9 : next - 1e-6);
      expect(await simulator.stat('active'), name).toBe(String(event.active_sites));
      close(await simulator.stat('path'), event.path_length_mean!, 'mean AS path');
      if (event.converged_s !== null) {
        close(await simulator.stat('convergence'), event.converged_s, 'convergence');
      }
      lost += event.lost;
      if (events.slice(place + 1).every((later) => later.lost === 0)) {
        close(await simulator.stat('lost'), lost, 'lost');
      }
      close(await simulator.stat('unserved'), event.unserved_after, 'without service');
      const at = next === undefined ? '1h' : `${Math.round(next * 1e6) - 1}us`;
      const rows = cli<StateRow[]>('simulate', file, '--steering', 'anycast', '--at', at);
      const shown = await simulator.clients().evaluateAll((clients) =>
        clients.map((one) => ({
          asn: Number((one as SVGElement).dataset.asn),
          site: (one as SVGElement).dataset.site,
        })),
      );
      for (const { asn, site } of shown) {
        expect(site, `AS${asn} at ${at}`).toBe(rows.find((row) => row.asn === asn)!.site ?? '');
      }
    }
  });
}

for (const [name, steering] of [
  ['ttl-gap', 'geodns'],
  ['unannounced-restart', 'geodns'],
  ['regional-geodns', 'hybrid'],
]) {
  test(`the strip of ${name} with ${steering} equals the command line`, async ({ simulator }) => {
    await simulator.open(`#simulate?s=${name}&m=${steering}&v=1`);
    const file = await simulator.file();
    const events = cli<EventRow[]>('simulate', file, '--steering', steering);
    expect(events.length).toBeGreaterThan(0);
    for (const [place, event] of events.entries()) {
      const next = events[place + 1]?.time_s;
      await simulator.seek(next === undefined ? 1e9 : next - 1e-6);
      expect(await simulator.stat('active'), event.label).toBe(String(event.active_sites));
      close(await simulator.stat('unserved'), event.unserved_after, 'without service');
    }
    const lost = events.reduce((sum, event) => sum + event.lost, 0);
    close(await simulator.stat('lost'), lost, 'lost');
  });
}

test('Compare shows what `simulate --compare` prints', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&m=compare&e=1:fail:fra&v=1');
  await simulator.seek(1e9);
  // Without entries of its own, `--compare` plays anycast and GeoDNS, as the page does.
  const toml = await page.evaluate(() => window.__catchment.toml());
  const file = scenarioFile(toml.split('[[compare]]')[0]);
  const rows = cli<(EventRow & { variant: string })[]>('simulate', file, '--compare');
  const table = page.getByTestId('compare');
  for (const [run, row] of rows.filter((one) => one.event === 0).entries()) {
    const cell = (what: string) => table.locator(`[data-run="${run}"][data-row="${what}"]`);
    close((await cell('lost').getAttribute('data-value'))!, row.lost, `${row.variant}: lost`);
    close(
      (await cell('all').getAttribute('data-value'))!,
      row.failover_s!,
      `${row.variant}: all recovered`,
    );
  }
});

/** Shows a card in the other unit. */
async function weigh(simulator: Simulator, card: string, unit: RegExp) {
  const { page } = simulator;
  await page.getByTestId(`stat-${card}`).click();
  await page.getByTestId(`about-${card}`).getByRole('radio', { name: unit }).check();
  await page.keyboard.press('Escape');
}

interface DataRow {
  time_s: number;
  plane: string;
  asn: number;
  state: string;
  demand: number;
}

/** What each client asks for: a run that cuts everybody off says it. */
function demands(world: string, sites: string[]): Map<number, number> {
  const fail = sites.map((site) => `[[event]]\nat = "1s"\nfail = "${site}"\n`).join('\n');
  const file = scenarioFile(
    `format = 1\nname = "dark"\n[world]\nbuiltin = "${world}"\n` +
      `[service]\nprefixes = ["192.0.2.0/24"]\n${fail}`,
  );
  const rows = trace(file) as unknown as DataRow[];
  const cut = rows.filter((row) => row.plane === 'data' && row.time_s === 1);
  return new Map(cut.map((row) => [row.asn, row.demand]));
}

for (const [name, world] of [
  ['hello', 'hello'],
  ['frankfurt-fails', 'eight'],
]) {
  test(`the strip of ${name} in the other unit equals the command line`, async ({ simulator }) => {
    await simulator.open(`#simulate?s=${name}&m=anycast&v=1`);
    const file = await simulator.file();
    await weigh(simulator, 'path', /by demand/);
    await weigh(simulator, 'unserved', /each client alike/);
    await weigh(simulator, 'lost', /each client alike/);
    const sites = await simulator
      .pops()
      .evaluateAll((all) => all.map((one) => (one as SVGElement).dataset.testid!.slice(4)));
    const demand = demands(world, sites);
    expect(demand.size).toBe(await simulator.clients().count());
    const rows = trace(file, '--steering', 'anycast') as unknown as DataRow[];
    const data = rows.filter((row) => row.plane === 'data');
    const instants = [...new Set(rows.map((row) => row.time_s))];
    // While it happens, and between.
    for (const time of [
      0,
      ...instants.slice(0, 4),
      instants.at(-1)! - 1e-6,
      instants.at(-1)! + 1,
    ]) {
      await simulator.seek(time);
      const at = `${Math.round(time * 1e6)}us`;
      const state = cli<(StateRow & { state: string })[]>(
        'simulate',
        file,
        '--steering',
        'anycast',
        '--at',
        at,
        '--data-plane',
      );
      const clients = state.filter((row) => demand.has(row.asn));
      const routed = clients.filter((row) => row.path_length !== null);
      const sum = (weight: (row: StateRow) => number) =>
        routed.reduce((all, row) => all + weight(row), 0);
      const mean =
        sum((row) => demand.get(row.asn)! * row.path_length!) / sum((row) => demand.get(row.asn)!);
      close(await simulator.stat('path'), mean, `mean AS path by demand at ${at}`);
      const without = clients.filter((row) => row.state !== 'served').length;
      expect(await simulator.stat('unserved'), `clients without service at ${at}`).toBe(
        String(without),
      );
      // Each client from when it is cut off until it is served again.
      let lost = 0;
      const since = new Map<number, number>();
      for (const row of data.filter((one) => one.time_s <= time)) {
        lost += since.has(row.asn) ? row.time_s - since.get(row.asn)! : 0;
        if (row.state === 'served') since.delete(row.asn);
        else since.set(row.asn, row.time_s);
      }
      for (const begin of since.values()) lost += time - begin;
      close(await simulator.stat('lost'), lost, `client seconds at ${at}`);
    }
  });
}
