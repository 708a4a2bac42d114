// What somebody does who has not read anything: lets go at odd places, clicks on a bar to see more of
// it, opens a link that somebody mistyped.

import type { Page } from '@playwright/test';

import { expect, test, type Simulator } from './catchment';

type Point = [number, number];

/** Where a place, as degrees east and north, is on the screen. */
async function screen(page: Page, place: Point): Promise<Point> {
  const [x, y] = await page.evaluate(
    (at) => (window.__catchment as unknown as { project(p: Point): Point }).project(at),
    place,
  );
  const box = (await page.getByTestId('map').boundingBox())!;
  return [box.x + x, box.y + y];
}

/** Drags the one client that was added. */
async function drag(simulator: Simulator, to: Point): Promise<void> {
  const { page } = simulator;
  const box = (await page.locator('[data-testid^="client-"][aria-pressed="true"]').boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move((box.x + to[0]) / 2, (box.y + to[1]) / 2, { steps: 3 });
  await page.mouse.move(...to, { steps: 3 });
  await page.mouse.up();
  await simulator.idle();
}

test('a client that is let go outside the map stays, and can be dragged again', async ({
  simulator,
  page,
}) => {
  await simulator.open();
  await page.mouse.click(...(await screen(page, [-100, 40])));
  await expect(simulator.clients()).toHaveCount(18);
  await simulator.idle();
  const file = () => page.evaluate(() => window.__catchment.toml());
  const before = await file();
  // Over the header, whose text a browser would select, and over the panel beside.
  for (const place of [
    [500, 20],
    [1200, 400],
  ] as Point[]) {
    await drag(simulator, place);
    expect(await file()).toBe(before);
    expect(await page.evaluate(() => String(getSelection()))).toBe('');
  }
  await drag(simulator, await screen(page, [25, -25]));
  await expect.poll(file).not.toBe(before);
  // And it is still what the page speaks of.
  await expect(page.getByTestId('why')).toContainText('AS4200000000');
});

test('a pin that is dragged into the sea stays where it was', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=root-letter-large&e=&v=1');
  await page.mouse.click(...(await screen(page, [-108, 52])));
  await expect(simulator.clients()).toHaveCount(1);
  const name = await simulator.clients().getAttribute('data-name');
  await drag(simulator, await screen(page, [-40, 30]));
  await expect(page.getByText(/clients live on land/i)).toBeVisible();
  await expect(simulator.client(name!)).toHaveCount(1);
  await drag(simulator, await screen(page, [102, 62]));
  await expect(simulator.client(name!)).toHaveCount(0);
  await expect(simulator.clients()).toHaveCount(1);
});

test('a click on a bar zooms to its catchment, one on the name hides it', async ({
  simulator,
  page,
}) => {
  await simulator.open();
  const row = page.getByTestId('load-nrt');
  const apart = async () => {
    const [west] = await screen(page, [120, 35]);
    const [east] = await screen(page, [140, 35]);
    return east - west;
  };
  const before = await apart();
  const zoom = row.getByRole('button', { name: /^Zoom to the catchment of Tokyo: 120/ });
  // The part that shows the panels comes after the first picture.
  await expect(page.getByTestId('why')).toBeVisible();
  await zoom.click();
  await expect.poll(apart).toBeGreaterThan(1.3 * before);
  await expect(row.getByRole('button', { name: 'Tokyo', exact: true })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await row.getByRole('button', { name: 'Tokyo', exact: true }).click();
  await expect(row.getByRole('button', { name: 'Tokyo', exact: true })).toHaveAttribute(
    'aria-pressed',
    'false',
  );
});

test('a PoP that returns before the health check notices is not waited for', async ({
  simulator,
  page,
}) => {
  await simulator.open('#simulate?s=hello&m=geodns&e=1:fail:fra,31:up:fra&v=1');
  await simulator.seek(11);
  const list = page.getByTestId('expiries');
  await expect(list).toContainText('the PoP returns before the health check would');
  await expect(list).toContainText('kept until the PoP is back');
  await expect(list).not.toContainText('more');
  const left = await list.locator('[data-seconds]').first().getAttribute('data-seconds');
  expect(Number(left)).toBeCloseTo(20, 1);
});

test('a time that no clock shows is left out of a link, and the rest is opened', async ({
  simulator,
  page,
}) => {
  await simulator.open('#simulate?s=hello&e=1e30:fail:fra&layer=rtt&v=1');
  await expect(page.getByText(/left out: e=1e30:fail:fra/)).toBeVisible();
  await expect(simulator.pops()).toHaveCount(8);
  await expect(page.getByLabel('Layer')).toHaveValue('rtt');
});

test('into an empty world a PoP is put without knowing any AS number', async ({
  simulator,
  page,
}) => {
  await simulator.open('#simulate?s=empty&v=1');
  await page.getByRole('button', { name: 'Add PoP' }).first().click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Choose a place');
  await dialog.getByRole('combobox').fill('Frankfurt');
  await dialog.getByRole('option').first().click();
  await expect(dialog.getByRole('checkbox').first()).toBeChecked();
  await expect(dialog).toContainText(/AS\d+\s+serves the nearest client/);
  await dialog.getByRole('button', { name: 'Add PoP' }).click();
  await expect(simulator.pops()).toHaveCount(1);
  await simulator.idle();
  const fates = Object.values(await simulator.fates());
  expect(fates.some(({ fate }) => fate === 'served')).toBe(true);
});
