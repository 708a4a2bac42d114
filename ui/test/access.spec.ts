// The page without a mouse and without eyes: axe on every screen in both themes, and the B list by
// keyboard alone.

import { deflateRawSync } from 'node:zlib';

import AxeBuilder from '@axe-core/playwright';

import { expect, Simulator, test } from './catchment';

const DIALOGS = ['Scenarios', 'Share', 'Export', 'Shortcuts', 'Assumptions'];

async function violations(simulator: Simulator) {
  const found = await new AxeBuilder({ page: simulator.page }).analyze();
  return found.violations.map(
    (one) =>
      `${one.id}: ${one.help} — ${one.nodes.map((node) => node.target.join(' ')).join('; ')}`,
  );
}

for (const theme of ['dark', 'light']) {
  test(`axe finds nothing on the screens in the ${theme} theme`, async ({ simulator, page }) => {
    // Eleven screens, each read whole, and a trace of all.
    test.slow();
    const shown = async (fragment: string, what: string) => {
      await simulator.open(`${fragment}&th=${theme}&v=1`, `?test=1&${what.replaceAll(' ', '-')}`);
      expect(await violations(simulator), what).toEqual([]);
    };
    await shown('#simulate?s=hello&e=', 'calm');
    await shown('#simulate?s=hello&e=1:fail:fra,2:up:fra&sel=c:Istanbul', 'restored, with why');
    await shown('#simulate?s=ttl-gap&m=geodns&t=100', 'GeoDNS with rings');
    await shown('#simulate?s=hello&m=compare&e=1:fail:fra', 'compare');
    await shown('#simulate?s=hello&e=&layer=rtt', 'another layer');
    await shown('#simulate?s=no-such-scenario', 'a bad link');
    await simulator.open(`#simulate?s=hello&e=&th=${theme}&v=1`);
    for (const name of DIALOGS) {
      await page
        .getByRole('button', { name: new RegExp(name, 'i') })
        .first()
        .click();
      await expect(page.getByRole('dialog')).toBeVisible();
      expect(await violations(simulator), name).toEqual([]);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
    }
  });
}

/** Three changes, so that every card has something to show. */
const PLANNED = deflateRawSync(
  JSON.stringify([
    { kind: 'prepend', site: 'fra', neighbor: null, prepend: 2 },
    { kind: 'withdraw', site: 'bom' },
    { kind: 'capacity', site: 'sin', kqps: 600 },
  ]),
).toString('base64url');

async function planned(simulator: Simulator, fragment: string): Promise<void> {
  const { page } = simulator;
  await simulator.open(fragment);
  await expect(page.getByTestId('plan-headline')).toBeVisible();
  await expect(page.getByTestId('plan-moved')).toBeVisible();
  await expect(page.locator('.shift', { hasText: 'asking' })).toHaveCount(0);
  await expect(page.locator('.asking[aria-busy="true"]')).toHaveCount(0);
}

for (const theme of ['dark', 'light']) {
  test(`axe finds nothing on the Plan screen in the ${theme} theme`, async ({
    simulator,
    page,
  }) => {
    test.slow();
    await planned(simulator, `#plan?s=ddos-region&ch=${PLANNED}&th=${theme}&v=1`);
    expect(await violations(simulator), 'cards').toEqual([]);
    await page.getByRole('button', { name: 'Export config' }).click();
    await expect(page.getByLabel('Configuration of fra')).toBeVisible();
    expect(await violations(simulator), 'configuration').toEqual([]);
    await page.getByRole('button', { name: 'Suggest' }).click();
    await page.getByTestId('suggest-goal').selectOption('shares');
    await page.getByTestId('change-kind').selectOption('add');
    await page.getByTestId('plan-attack').getByLabel('Size').fill('1');
    await page.getByTestId('plan-attack').getByRole('button', { name: 'Attack' }).click();
    await expect(page.getByTestId('plan-playbook')).toBeVisible({ timeout: 60_000 });
    await page.getByText('More tables').click();
    await page.getByTestId('plan-pops').getByRole('searchbox').fill('laod>1 load>1');
    expect(await violations(simulator), 'attack, suggestion, tables').toEqual([]);
    await simulator.open(`#plan?s=eight&m=geodns&th=${theme}&v=1`, '?test=1&geodns');
    await expect(page.getByRole('alert').first()).toBeVisible();
    expect(await violations(simulator), 'a question without sense').toEqual([]);
  });
}

test('axe finds nothing on the Plan screen on a phone, and nothing is wider than it', async ({
  simulator,
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await planned(simulator, `#plan?s=eight&ch=${PLANNED}&v=1`);
  expect(await violations(simulator)).toEqual([]);
  const plan = page.getByTestId('plan');
  const [content, shown] = await plan.evaluate((one) => [one.scrollWidth, one.clientWidth]);
  expect(content).toBeLessThanOrEqual(shown);
  // The matrix scrolls inside its card.
  const matrix = page.getByTestId('plan-heat').locator('.scroll');
  expect(await matrix.evaluate((one) => one.scrollWidth > one.clientWidth)).toBe(true);
});

test('axe finds nothing on a phone', async ({ simulator, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await simulator.open('#simulate?s=hello&e=1:fail:fra&sel=c:Istanbul&v=1');
  expect(await violations(simulator)).toEqual([]);
});

test('the B list by keyboard alone', async ({ simulator, page }) => {
  const { keyboard } = page;
  await simulator.open();
  // B1, B6, B8: reach the PoPs by Tab, walk to Frankfurt, fail it.
  const label = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
  for (let steps = 0; steps < 60 && !/, AS\d+, up/.test(await label()); steps += 1) {
    await keyboard.press('Tab');
  }
  for (let steps = 0; steps < 8 && !/^Frankfurt/.test(await label()); steps += 1) {
    await keyboard.press('ArrowRight');
  }
  expect(await label()).toMatch(/^Frankfurt, AS\d+, up/);
  await keyboard.press('Enter');
  await simulator.idle();
  await expect(simulator.pop('fra')).toHaveAttribute('aria-label', /failed/);
  // B4: the strip says so.
  expect(await simulator.stat('active')).toBe('7');
  // B2, B3: a client and its reason.
  await keyboard.press('/');
  await expect(page.getByRole('dialog')).toBeVisible();
  await keyboard.type('Istanbul');
  await expect(page.getByRole('option', { name: /Istanbul/ }).first()).toBeVisible();
  await keyboard.press('Enter');
  await expect(page.getByTestId('why')).toContainText('Istanbul');
  // B8: back to the failure, and on by single steps.
  await keyboard.press('Home');
  expect((await simulator.fates()).Istanbul.fate).toBe('served');
  await keyboard.press('.');
  expect((await simulator.fates()).Istanbul.fate).toBe('stale');
  await keyboard.press('End');
  expect((await simulator.fates()).Istanbul.fate).toBe('served');
  // B7, B9: GeoDNS keeps it at the dead PoP.
  await keyboard.press('m');
  await simulator.idle();
  await expect(page.getByLabel('Mode')).toHaveValue('geodns');
  await keyboard.press('Home');
  await keyboard.press('.');
  expect((await simulator.fates()).Istanbul.fate).toBe('stale');
  for (
    let steps = 0;
    steps < 4 && (await page.getByLabel('Mode').inputValue()) !== 'anycast';
    steps += 1
  ) {
    await keyboard.press('m');
    await simulator.idle();
  }
  // B10: restore, and read who stayed.
  await keyboard.press('End');
  await keyboard.press('r');
  await simulator.idle();
  await expect(page.getByTestId('restore-card')).toContainText('Istanbul');
  // B5: a client by city, and one by crosshair.
  await keyboard.press('c');
  await expect(page.getByRole('dialog')).toBeVisible();
  await keyboard.type('Madrid');
  await expect(page.getByRole('option', { name: /Madrid/ }).first()).toBeVisible();
  await keyboard.press('Enter');
  await expect(simulator.clients()).toHaveCount(18);
  await simulator.idle();
  // B14: loads are text.
  await expect(page.getByTestId('load-lhr')).toContainText(/\d/);
  // Undo all the way.
  for (let steps = 0; steps < 3; steps += 1) {
    await keyboard.press('Control+z');
    await simulator.idle();
  }
  await expect(simulator.clients()).toHaveCount(17);
  await expect(simulator.pop('fra')).toHaveAttribute('aria-label', /up/);
});

test('clients and PoPs are moved by keyboard, and keep the focus', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=&c=52.5,13.5&v=1');
  const { keyboard } = page;
  const doc = () => simulator.page.evaluate(() => window.__catchment.toml());
  const mine = page.locator('[data-testid^="client-"].user');
  await mine.focus();
  const asn = await mine.getAttribute('data-asn');
  for (const key of ['Alt+ArrowRight', 'Alt+ArrowRight', 'Alt+ArrowUp']) await keyboard.press(key);
  await expect.poll(doc).toMatch(/at = \[53\.5, 15\.5\]/);
  await simulator.idle();
  await expect(mine).toBeFocused();
  await expect(mine).toHaveAttribute('data-asn', asn!);

  await simulator.pop('fra').focus();
  await keyboard.press('Alt+ArrowDown');
  await expect.poll(doc).toMatch(/name = "fra"\nat = \[49\.\d+, 8\.\d+\]/);
  await simulator.idle();
  await expect(simulator.pop('fra')).toBeFocused();
  await keyboard.press('i');
  await page.getByRole('menuitem', { name: 'Move…' }).press('Enter');
  await page.getByLabel(/City, IATA code/).fill('Warsaw');
  await keyboard.press('Enter');
  await expect.poll(doc).toMatch(/name = "fra"\ncity = "WAW"/);
});

test('a finger near a PoP means the PoP, not the client beside it', async ({ browser, server }) => {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  const page = await context.newPage();
  const simulator = new Simulator(page, server.url);
  await simulator.open();
  const box = (await simulator.pop('nrt').locator('.hit').boundingBox())!;
  for (const [x, y, state] of [
    [7, -7, 'failed'],
    [-6, 8, 'up'],
  ] as const) {
    await page.touchscreen.tap(box.x + box.width / 2 + x, box.y + box.height / 2 + y);
    await simulator.idle();
    await expect(simulator.pop('nrt')).toHaveAttribute('data-state', state);
  }
  await context.close();
});
