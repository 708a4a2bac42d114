// What stands above and beside the map: cards that open their history, and capacities that can be
// dragged.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { expect, test } from './catchment';

const FAILED = '#simulate?s=hello&e=1:fail:fra,600:up:fra&v=1';

async function axe(page: Page, selector: string) {
  const found = await new AxeBuilder({ page }).include(selector).analyze();
  return found.violations.map((one) => `${one.id}: ${one.help}`);
}

test('a card opens its figure over time, and the curve is a place to go to', async ({
  simulator,
  page,
}) => {
  await simulator.open(FAILED);
  await simulator.seek(0);
  const card = page.getByTestId('stat-unserved');
  await card.focus();
  await page.keyboard.press('Enter');
  const box = page.getByRole('dialog', { name: 'Without service' });
  const plot = box.getByRole('slider', { name: /Time, along Without service/ });
  await expect(plot).toHaveAttribute('aria-valuetext', /^0\s?s: 0\.0\s%$/);
  // Tab leads into it: close, the chosen weight, the curve.
  for (let steps = 0; steps < 3; steps += 1) await page.keyboard.press('Tab');
  await expect(plot).toBeFocused();
  // From change to change: the outage, and its end 11 ms later.
  await page.keyboard.press('ArrowRight');
  await expect(page.getByLabel('Time', { exact: true }).first()).toBeVisible();
  expect(await simulator.stat('unserved')).toBe('240');
  await expect(plot).toHaveAttribute('aria-valuetext', /: 20\.3\s%$/);
  await page.keyboard.press('ArrowRight');
  expect(await simulator.stat('unserved')).toBe('0');
  await expect(plot).toHaveAttribute('aria-valuenow', '1.011');
  await page.keyboard.press('ArrowLeft');
  await expect(plot).toHaveAttribute('aria-valuenow', '1');
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await expect(plot).toHaveAttribute('aria-valuenow', '0');
  // The crosshair follows whatever moves the time, and a click on the curve moves it.
  await page.keyboard.press('.');
  await expect(plot).toHaveAttribute('aria-valuenow', '1');
  const bounds = (await plot.boundingBox())!;
  await page.mouse.click(bounds.x + bounds.width - 12, bounds.y + 40);
  await expect
    .poll(async () => Number(await plot.getAttribute('aria-valuenow')))
    .toBeGreaterThan(2);
  await expect(box, 'and it stays open while one seeks on the timeline').toBeVisible();
  await page.getByLabel('Time', { exact: true }).first().focus();
  await expect(box).toBeVisible();
  // Escape closes it, from inside, and gives the focus back.
  await plot.focus();
  await page.keyboard.press('Escape');
  await expect(box).toHaveCount(0);
  await expect(card).toBeFocused();
});

test('every card has a curve and a table that says the same', async ({ simulator, page }) => {
  await simulator.open(FAILED);
  for (const id of ['active', 'path', 'convergence', 'unserved', 'lost']) {
    await page.getByTestId(`stat-${id}`).click();
    const box = page.getByTestId(`about-${id}`);
    await expect(box.getByTestId('series-plot').locator('canvas')).toBeVisible();
    await box.getByText('Show data').click();
    const rows = box.getByTestId('series-table').locator('tbody tr');
    expect(await rows.count(), id).toBeGreaterThan(1);
    expect(await axe(page, `[data-testid="about-${id}"]`), id).toEqual([]);
    await page.keyboard.press('Escape');
  }
  // What the table says of an instant is what the card says there.
  await page.getByTestId('stat-unserved').click();
  const box = page.getByTestId('about-unserved');
  await box.getByText('Show data').click();
  const cells = await box.locator('tbody tr').allInnerTexts();
  for (const [time, share] of cells.map((row) => row.split(/\t|\n/))) {
    await simulator.seek(Number(time.replace(/\s?s$/, '')));
    await expect(page.getByTestId('stat-unserved').locator('.value')).toHaveText(share.trim());
  }
});

test('in Compare a card draws both schemes', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&m=compare&e=1:fail:fra&v=1');
  await simulator.seek(40);
  await page.getByTestId('stat-unserved').click();
  const box = page.getByTestId('about-unserved');
  await expect(box.getByTestId('series-readout')).toHaveText(/Anycast 0\.0\s% · GeoDNS 20\.3\s%/);
  await box.getByText('Show data').click();
  await expect(box.getByRole('columnheader')).toHaveText(['Time', 'Anycast', 'GeoDNS']);
});

test('before anything has happened a card says so, also on a phone', async ({
  simulator,
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await simulator.open('#simulate?s=empty&v=1');
  await page.getByTestId('stat-path').click();
  const box = page.getByTestId('about-path');
  await expect(box).toContainText('Nothing has happened yet');
  const bounds = (await box.boundingBox())!;
  expect(bounds.x).toBeGreaterThanOrEqual(0);
  expect(bounds.x + bounds.width).toBeLessThanOrEqual(390);
  expect(await axe(page, '[data-testid="about-path"]')).toEqual([]);
  await box.getByRole('button', { name: 'Close' }).click();
  await expect(box).toHaveCount(0);
});

test('the capacity of a PoP is dragged, played, and undone', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=1:fail:fra&v=1');
  await simulator.seek(3);
  const row = page.getByTestId('load-lhr');
  const tick = page.getByRole('slider', { name: 'Capacity of London' });
  await expect(tick).toHaveAttribute('aria-valuetext', /^120\skq\/s$/);
  await expect(row).toContainText('▲');
  const bounds = (await tick.boundingBox())!;
  const [x, y] = [bounds.x + bounds.width / 2, bounds.y + bounds.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 20, y);
  await page.mouse.move(x + 60, y);
  // Shown while dragging, and nothing is played yet.
  const wanted = Number(await tick.getAttribute('aria-valuenow'));
  expect(wanted).toBeGreaterThan(400);
  await expect(row.locator('.value')).toHaveText(new RegExp(`^${wanted}\\skq/s$`));
  expect(await row.getAttribute('data-capacity')).toBe('120');
  await page.mouse.up();
  await expect(row).toHaveAttribute('data-capacity', String(wanted));
  await expect(row.locator('.value')).toHaveCount(0);
  await expect(row).not.toContainText('▲');
  const toml = () => page.evaluate(() => window.__catchment.toml());
  expect(await toml()).toMatch(new RegExp(`name = "lhr"\\ncapacity = \\{ kqps = ${wanted} \\}`));
  await expect(page.getByText(/London carries \d+\skq\/s from the start/)).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await expect(row).toHaveAttribute('data-capacity', '120');
  expect(await toml()).not.toContain('capacity');
});

test('keys that follow each other are one edit, of the event that set the capacity', async ({
  simulator,
  page,
}) => {
  await simulator.open('#simulate?s=hello&e=1:fail:fra&v=1');
  await simulator.seek(3);
  // A capacity from now on, by the menu of the PoP.
  await simulator.pop('lhr').focus();
  await page.keyboard.press('i');
  await page.getByRole('menuitem', { name: 'Set capacity…' }).press('Enter');
  await page.getByLabel('Capacity in kq/s').fill('200');
  await page.keyboard.press('Enter');
  const row = page.getByTestId('load-lhr');
  await simulator.idle();
  await expect(row).toHaveAttribute('data-capacity', '200');
  const tick = page.getByRole('slider', { name: 'Capacity of London' });
  await tick.focus();
  for (const key of ['ArrowRight', 'ArrowUp', 'PageUp', 'ArrowLeft'])
    await page.keyboard.press(key);
  await expect(tick).toHaveAttribute('aria-valuetext', /^310\skq\/s$/);
  await page.keyboard.press('Enter');
  await expect(row).toHaveAttribute('data-capacity', '310');
  const toml = () => page.evaluate(() => window.__catchment.toml());
  expect(await toml()).toMatch(/capacity = \{ site = "lhr", kqps = 310 \}/);
  await page.keyboard.press('Control+z');
  await expect(row).toHaveAttribute('data-capacity', '200');
  // Escape takes back what is not played yet.
  await tick.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Escape');
  await expect(tick).toHaveAttribute('aria-valuenow', '200');
  expect(await toml()).toMatch(/kqps = 200/);
});

test('where a link is limited, loads are shown in gigabits too', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=plan-add-warsaw&v=1');
  await page.getByLabel('Unit of loads').selectOption('Gb/s');
  const tick = page.getByRole('slider', { name: 'Capacity of Warsaw' });
  await expect(tick).toHaveAttribute('aria-valuetext', /^40\sGb\/s$/);
  await tick.focus();
  await page.keyboard.press('PageDown');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('load-waw')).toHaveAttribute('data-capacity', '35');
  const toml = await page.evaluate(() => window.__catchment.toml());
  expect(toml).toMatch(/capacity = \{ kqps = 300, gbps = 35 \}/);
  // Nobody else has a link that is limited.
  await expect(page.locator('[data-testid^="capacity-"]')).toHaveCount(1);
  expect(await axe(page, '[data-testid="load-bars"]')).toEqual([]);
});
