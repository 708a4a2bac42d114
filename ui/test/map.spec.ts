// The map and what stands on it: comparing, brushing, dragging, padlocks, pictures, the gallery.

import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { expect, Simulator, test } from './catchment';

/** A place, as degrees east and north, in px of the window. */
async function at(page: Page, lon: number, lat: number): Promise<{ x: number; y: number }> {
  const [x, y] = await page.evaluate(
    (place) =>
      (window.__catchment as unknown as { project(p: number[]): [number, number] }).project(place),
    [lon, lat],
  );
  const box = (await page.getByTestId('map').first().boundingBox())!;
  return { x: box.x + x, y: box.y + y };
}

async function drag(page: Page, from: { x: number; y: number }, to: { x: number; y: number }) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 6 });
  await page.mouse.up();
}

async function brush(page: Page, from: { x: number; y: number }, to: { x: number; y: number }) {
  await page.keyboard.down('Shift');
  await drag(page, from, to);
  await page.keyboard.up('Shift');
}

async function save(page: Page, button: string): Promise<Buffer> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button, exact: true }).click(),
  ]);
  return readFileSync((await download.path())!);
}

async function violations(page: Page): Promise<string[]> {
  const found = await new AxeBuilder({ page }).analyze();
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target)}`);
}

test('Swap exchanges the two sides of a comparison, and the address keeps it', async ({
  simulator,
  page,
}) => {
  await simulator.open('#simulate?s=hello&m=compare&e=1:fail:fra&t=30&v=1');
  const titles = page.locator('.maps .title');
  const heads = page.getByTestId('compare').locator('thead th');
  await expect(titles).toHaveText([/^Anycast/, /^GeoDNS/]);
  await expect(heads).toHaveText(['Anycast', 'GeoDNS']);
  const before = await simulator.stat('lost');
  await page.getByRole('button', { name: /^Swap/ }).click();
  await simulator.idle();
  await expect(titles).toHaveText([/^GeoDNS/, /^Anycast/]);
  await expect(heads).toHaveText(['GeoDNS', 'Anycast']);
  // The strip speaks of the first.
  expect(await simulator.stat('lost')).not.toBe(before);
  await expect.poll(() => page.url()).toContain('swap=1');
  await page.reload();
  await simulator.idle();
  await expect(titles).toHaveText([/^GeoDNS/, /^Anycast/]);
  await page.getByRole('button', { name: /^Swap/ }).click();
  await simulator.idle();
  await expect(titles).toHaveText([/^Anycast/, /^GeoDNS/]);
  expect(await simulator.stat('lost')).toBe(before);
});

test('where fingers point, a handle divides the two maps', async ({ browser, server }) => {
  const viewport = { width: 390, height: 844 };
  const context = await browser.newContext({ viewport, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  const simulator = new Simulator(page, server.url);
  await simulator.open('#simulate?s=hello&m=compare&e=1:fail:fra&v=1');
  const handle = page.getByRole('slider', { name: 'Edge between the maps' });
  const second = page.locator('.maps .pane').nth(1);
  const [one, two] = await Promise.all(
    [0, 1].map((place) => page.locator('.maps .pane').nth(place).boundingBox()),
  );
  expect(one).toEqual(two);
  await expect(handle).toHaveAttribute('aria-valuenow', '50');
  await expect(second).toHaveCSS('clip-path', 'inset(0px 0px 0px 50%)');
  // By pointer …
  const box = (await handle.boundingBox())!;
  const y = box.y + box.height / 2;
  await drag(page, { x: box.x + box.width / 2, y }, { x: 78, y });
  await expect(handle).toHaveAttribute('aria-valuenow', '20');
  await expect(second).toHaveCSS('clip-path', 'inset(0px 0px 0px 20%)');
  // … and by keys.
  await handle.focus();
  await page.keyboard.press('End');
  await expect(handle).toHaveAttribute('aria-valuetext', 'Anycast 100 %, GeoDNS 0 %');
  await page.keyboard.press('ArrowLeft');
  await expect(handle).toHaveAttribute('aria-valuenow', '95');
  // A mark that gets the focus under the other map comes to light.
  await second.getByTestId('pop-lhr').focus();
  expect(Number(await handle.getAttribute('aria-valuenow'))).toBeLessThan(90);
  expect(await violations(page)).toEqual([]);
  await context.close();
});

test('the legend of a phone is whole, in both themes', async ({ simulator, page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  for (const theme of ['dark', 'light']) {
    for (const layer of ['catchment', 'inflation']) {
      await simulator.open(`#simulate?s=hello&e=1:fail:fra&layer=${layer}&th=${theme}&v=1`);
      await expect(page.getByRole('region', { name: 'Legend' })).toBeVisible();
      const parts = page.locator('.maps > .key > *');
      await expect(parts).toHaveCount(3);
      for (const part of await parts.all()) {
        const box = (await part.boundingBox())!;
        expect(box.x).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(390);
        expect(await part.evaluate((one) => one.scrollWidth > one.clientWidth + 1)).toBe(false);
      }
    }
  }
});

test('a padlock marks whose resolver keeps answers too long', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=ttl-gap&v=1');
  await expect(page.getByTestId('padlock')).toHaveCount(0);
  await expect(page.getByText('TTL clamped')).toHaveCount(0);
  const doc = await page.evaluate(async () => {
    const answer = await fetch('/api/v1/scenarios/ttl-gap');
    return ((await answer.json()) as { scenario: Record<string, object> }).scenario;
  });
  const clamped = { ...doc, geodns: { ...doc.geodns, min_ttl_share: 1, min_ttl: '300s' } };
  const packed = deflateRawSync(JSON.stringify(clamped)).toString('base64url');
  await simulator.open(`#simulate?z=${packed}&t=40&v=1`, '?test=1&clamped');
  await expect(page.getByTestId('padlock').first()).toBeVisible();
  await expect(page.getByText('TTL clamped')).toBeVisible();
  const label = /its resolver keeps answers longer than their TTL/;
  await expect(simulator.client('Istanbul')).toHaveAttribute('aria-label', label);
  await expect(page.getByTestId('locked').first()).toBeVisible();
  await expect(page.getByTestId('expiries')).toContainText('keeps answers longer');
  // Nobody who is served elsewhere was seen to hold an answer.
  await expect(simulator.client('Tokyo').getByTestId('padlock')).toHaveCount(0);
});

test('N makes clients of a brush, all at once', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=&v=1');
  await page.keyboard.press('n');
  await expect(page.getByText(/Shift held down first/)).toBeVisible();
  await brush(page, await at(page, -15, 55), await at(page, 40, 5));
  const card = page.getByTestId('brush-card');
  await expect(card).toContainText(/\d+ networks: Frankfurt/);
  await expect(page.getByTestId('brush')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByTestId('brush-card').getByRole('spinbutton').fill('7');
  await page.keyboard.press('Tab');
  await page.keyboard.press('n');
  await expect(simulator.clients()).toHaveCount(24);
  await simulator.idle();
  await expect(card).toHaveCount(0);
  const places = [
    ...(await page.evaluate(() => window.__catchment.toml())).matchAll(/\nat = (.+)/g),
  ].map(([, place]) => JSON.parse(place) as [number, number]);
  expect(places).toHaveLength(7);
  for (const [lat, lon] of places) {
    expect(lat).toBeGreaterThan(0);
    expect(lat).toBeLessThan(60);
    expect(lon).toBeGreaterThan(-30);
    expect(lon).toBeLessThan(50);
  }
  await page.keyboard.press('Control+z');
  await expect(simulator.clients()).toHaveCount(17);
});

test('a brush by keyboard, and Escape takes it away', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=&v=1');
  await page.keyboard.press('x');
  await expect(page.getByTestId('crosshair')).toBeFocused();
  await page.keyboard.press('Shift+Enter');
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('Shift+ArrowUp');
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('Shift+Enter');
  await expect(page.getByTestId('brush-card')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('crosshair')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('brush-card')).toHaveCount(0);
});

test('a drag of what cannot be moved says why, and is no click', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=&v=1');
  const middle = async (mark: ReturnType<Simulator['pop']>) => {
    const box = (await mark.locator('.hit').boundingBox())!;
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const land = await at(page, 60, 50);
  await drag(page, await middle(simulator.client('Istanbul')), land);
  await expect(page.getByText(/Istanbul belongs to the world/)).toBeVisible();
  await simulator.idle();
  await expect(simulator.clients()).toHaveCount(17);
  // Away and back is no click either.
  const pop = await middle(simulator.pop('nrt'));
  await page.mouse.move(pop.x, pop.y);
  await page.mouse.down();
  await page.mouse.move(pop.x + 60, pop.y, { steps: 4 });
  await page.mouse.move(pop.x, pop.y, { steps: 4 });
  await page.mouse.up();
  await expect(page.getByText(/moves with Alt held down/)).toBeVisible();
  await simulator.idle();
  await expect(simulator.pop('nrt')).toHaveAttribute('data-state', 'up');
  await drag(page, pop, land);
  await simulator.idle();
  await expect(simulator.clients()).toHaveCount(17);
  // And a click is still a click.
  await page.mouse.click(land.x, land.y);
  await expect(simulator.clients()).toHaveCount(18);
  await simulator.idle();
  await page.mouse.click(pop.x, pop.y);
  await expect(simulator.pop('nrt')).toHaveAttribute('data-state', 'failed');
});

test('a world client says by keyboard too that it stays', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=&v=1');
  await simulator.client('Istanbul').focus();
  await page.keyboard.press('Alt+ArrowRight');
  await expect(page.getByText(/Istanbul belongs to the world/)).toBeVisible();
});

test('pictures say what they are of and explain every mark', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=ttl-gap&t=40&v=1');
  await page.keyboard.press('e');
  const svg = (await save(page, 'SVG')).toString();
  expect(svg).toContain('ttl-gap · t = 40\u202fs · GeoDNS · Policy BGP');
  expect(svg).toMatch(/eight · seed 1 · Catchment \d+\.\d+\.\d+ · result [0-9a-f]{12}/);
  for (const text of [
    'Frankfurt',
    'client: sent to a PoP or link that is down',
    'packets lost',
    'PoP down',
    'health check counts',
  ]) {
    expect(svg).toContain(`>${text}</text>`);
  }
  expect(svg).not.toContain('>PoP draining</text>');
  expect(svg).not.toContain('>DNS answer runs out</text>');
  const size = (png: Buffer) => [png.readUInt32BE(16), png.readUInt32BE(20)];
  const [wide, high] = size(await save(page, 'PNG 1×'));
  const map = (await page.getByTestId('map').boundingBox())!;
  expect(wide).toBe(Math.round(map.width));
  expect(high).toBeGreaterThan(map.height + 60);
  expect(size(await save(page, 'PNG 2×'))).toEqual([2 * wide, 2 * high]);
});

test('the whole screen is a picture of what stands there', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=1:fail:fra&th=light&v=1', '?test=1&anim=0');
  await page.keyboard.press('e');
  const saved = await save(page, 'Whole screen (PNG)');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  const seen = await page.screenshot();
  // How much of the screen has the same colours in both: text may be a hair off.
  const same = await page.evaluate(
    async ([one, other]) => {
      const read = async (data: string) => {
        const image = new Image();
        image.src = `data:image/png;base64,${data}`;
        await image.decode();
        const canvas = document.createElement('canvas');
        canvas.width = innerWidth;
        canvas.height = innerHeight;
        const context = canvas.getContext('2d')!;
        context.drawImage(image, 0, 0);
        return { image, data: context.getImageData(0, 0, innerWidth, innerHeight).data };
      };
      const [a, b] = [await read(one), await read(other)];
      let alike = 0;
      for (let at = 0; at < a.data.length; at += 4) {
        const far = [0, 1, 2].map((c) => Math.abs(a.data[at + c] - b.data[at + c]));
        if (Math.max(...far) < 16) alike += 1;
      }
      return { share: (4 * alike) / a.data.length, height: a.image.naturalHeight };
    },
    [saved.toString('base64'), seen.toString('base64')],
  );
  expect(same.share).toBeGreaterThan(0.9);
  expect(same.height).toBeGreaterThan(860);
});

test('the table of routes says under GeoDNS what its site means', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&m=geodns&e=1:fail:fra&v=1');
  await page.keyboard.press('e');
  expect((await save(page, 'Catchment')).toString()).toMatch(/^# steering=geodns: site is where/m);
  await page.keyboard.press('Escape');
  await page.getByLabel('Mode').selectOption('anycast');
  await simulator.idle();
  await page.keyboard.press('e');
  expect((await save(page, 'Catchment')).toString()).not.toContain('steering=');
});

test('the gallery shows who goes where in each scenario', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=&v=1');
  let runs = 0;
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/runs')) runs += 1;
  });
  await page.keyboard.press('o');
  const picture = (name: string) => page.getByTestId(`scenario-${name}`).getByTestId('thumbnail');
  await expect(picture('hello')).toHaveAttribute('data-sites', '8');
  await expect(picture('hello')).toHaveAttribute('data-clients', '17');
  // Too large to be asked for a picture: only where its sites are.
  await expect(picture('internet')).toHaveAttribute('data-sites', '8');
  await expect(picture('internet')).toHaveAttribute('data-clients', '0');
  await picture('three-cities').scrollIntoViewIfNeeded();
  await expect(picture('three-cities')).toHaveAttribute('data-sites', '3');
  const asked = runs;
  await page.keyboard.press('Escape');
  await page.keyboard.press('o');
  await expect(picture('hello')).toHaveAttribute('data-clients', '17');
  expect(runs).toBe(asked);
});

test('a pointer that rests on a list chooses nothing', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=&v=1');
  await page.keyboard.press('c');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.type('San');
  const options = page.getByRole('listbox').getByRole('option');
  await expect(options.nth(2)).toBeVisible();
  const third = (await options.nth(2).boundingBox())!;
  const there = { x: third.x + third.width / 2, y: third.y + third.height / 2 };
  // Where the third will be, once the list is there again.
  await page.getByRole('dialog').getByRole('combobox').fill('');
  await expect(options).toHaveCount(0);
  await page.mouse.move(there.x, there.y);
  await page.keyboard.type('San');
  await expect(options.nth(2)).toBeVisible();
  await page.waitForTimeout(300);
  await expect(options.nth(0)).toHaveAttribute('aria-selected', 'true');
  await page.mouse.move(there.x + 3, there.y);
  await expect(options.nth(2)).toHaveAttribute('aria-selected', 'true');
});
