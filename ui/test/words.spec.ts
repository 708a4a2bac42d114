// What the page says: one name for a site, one spelling for a time, and messages that tell what is
// wrong and what to do.

import type { Page } from '@playwright/test';

import { expect, test } from './catchment';

/** Types a place into the dialog that adds clients. */
async function addClient(page: Page, text: string): Promise<void> {
  await page.keyboard.press('c');
  const field = page.getByRole('dialog').getByRole('combobox');
  await field.fill(text);
  await expect(page.getByRole('dialog').getByRole('option').first()).toBeVisible();
  await field.press('Enter');
}

test('two sites of a city, and one that moved, are told apart', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=&v=1');
  await page.keyboard.press('Shift+A');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox').fill('NRT');
  await dialog.getByRole('option').first().click();
  await dialog.getByLabel('Name').fill('nrt2');
  await dialog.getByRole('button', { name: 'Add PoP' }).click();
  await expect(simulator.pop('nrt2')).toHaveAttribute('aria-label', /^Tokyo \(nrt2\), AS\d+, up/);
  await expect(simulator.pop('nrt')).toHaveAttribute('aria-label', /^Tokyo \(nrt\), /);
  await expect(page.getByTestId('load-nrt')).toContainText('Tokyo (nrt)');
  await expect(page.getByTestId('load-nrt2')).toContainText('Tokyo (nrt2)');
  await simulator.idle();

  await simulator.pop('fra').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Move…' }).click();
  await page.getByLabel(/City, IATA code/).fill('Warsaw');
  await page.keyboard.press('Enter');
  await expect(simulator.pop('fra')).toHaveAttribute('aria-label', /^Warsaw \(fra, moved\), /);
  await simulator.idle();
  await simulator.pop('fra').click();
  await expect(page.getByTestId('toast')).toContainText('Warsaw (fra, moved) failed');
});

test('times are typed as people say them, and shown in one way', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=frankfurt-fails&v=1');
  const field = page.getByTestId('time-field');
  for (const [typed, shown] of [
    ['5 min', '5 min'],
    ['1:30', '1 min 30 s'],
    ['90s', '1 min 30 s'],
    ['65.3', '1 min 5.3 s'],
    ['0.0861', '86.1 ms'],
  ]) {
    await field.fill(typed);
    await field.press('Enter');
    expect((await field.inputValue()).replaceAll('\u202f', ' '), typed).toBe(shown);
  }
  await expect(page).toHaveURL(/&t=0\.0861&/);
  await field.fill('soon');
  await field.press('Enter');
  await expect(page.getByTestId('timeline').getByRole('alert')).toContainText('5 min');
});

test('routes that are older than the run say so', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=istanbul-tie&sel=c:Istanbul&v=1');
  const why = page.getByTestId('why');
  await expect(why).toContainText('before the start');
  await expect(why).not.toContainText(/since -/);
});

test('a link says all that it left out', async ({ simulator, page }) => {
  await simulator.open('#learn?s=hello&e=&c=89,0;40,-100&sel=c:Nobody&v=1');
  const notice = page.getByTestId('ignored');
  await expect(notice).toContainText('#learn');
  await expect(notice).toContainText(/c=89,0 .*the nearest network is .*km away/);
  await expect(notice).toContainText('sel=c:Nobody');
  await expect(simulator.clients()).toHaveCount(18);
});

test('clients live on land, also those that are typed', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=&v=1');
  await addClient(page, '-89, 10');
  const toast = page.getByTestId('toast');
  await expect(toast).toContainText(/live on land; the nearest network is [\d\s]+km away/);
  await expect(simulator.clients()).toHaveCount(17);
  await addClient(page, '30, -40');
  await toast.getByRole('button', { name: /coast/ }).click();
  await expect(simulator.clients()).toHaveCount(18);
  // An island that the map does not draw has a city all the same.
  await addClient(page, 'MLE');
  await expect(simulator.clients()).toHaveCount(19);
});

test('D goes back where it came from', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=&m=geodns&v=1');
  const mode = page.getByTestId('mode');
  await page.keyboard.press('d');
  await simulator.idle();
  await expect(mode).toHaveValue('compare');
  await page.keyboard.press('d');
  await simulator.idle();
  await expect(mode).toHaveValue('geodns');
});

test('keys count PoPs as the list does', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=&v=1');
  const rows = page.getByTestId('load-bars').locator('li');
  const second = rows.nth(1);
  await expect(second.getByRole('button', { name: /^Fail/ })).toHaveAttribute(
    'aria-keyshortcuts',
    '2',
  );
  await expect(second.locator('kbd')).toHaveText('2');
  await page.keyboard.press('2');
  await simulator.idle();
  await expect(second.getByRole('button', { name: /^Restore/ })).toBeVisible();
  expect(await simulator.stat('active')).toBe('7');
});

test('failures that overlap are told one by one', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&m=geodns&e=1:fail:fra,20:fail:lhr&v=1');
  await simulator.seek(50);
  const card = page.getByTestId('stat-convergence');
  await expect(card).toContainText('Recovering');
  await expect(card).toContainText(/Frankfurt withdraws · \d more not over/);
  expect(Number(await simulator.stat('convergence'))).toBeCloseTo(49, 5);
  await card.click();
  const about = page.getByTestId('about-convergence');
  await expect(about).toContainText('Events that overlap');
  await expect(about.getByRole('row', { name: /London withdraws/ })).toContainText('so far');
});

test('imports say what is wrong and what to do', async ({ simulator, page }) => {
  await simulator.open('#simulate?s=hello&e=&v=1');
  await page.keyboard.press('o');
  await page.getByRole('button', { name: 'Open a file' }).click();
  const dialog = page.getByRole('dialog', { name: 'Import' });
  const read = async (name: string, text: string) =>
    dialog.locator('input[type="file"]').setInputFiles({
      name,
      mimeType: 'text/plain',
      buffer: Buffer.from(text),
    });
  await read('empty.toml', '');
  await expect(dialog).toContainText('This is empty. Give a scenario');
  await read('list.json', '[1,2]');
  await expect(dialog).toContainText('a scenario is an object');
  await read('table.csv', 'city,load\nParis,3\n');
  await expect(dialog).toContainText('PoPs need name and asn');
  await read('one.csv', 'name,lat,lon,asn,neighbours\nwaw,52.2,21,64600,1299\n');
  await expect(dialog).toContainText('A table of 1 PoP');
});

test('an empty world asks for a PoP, and nothing is retried that cannot help', async ({
  simulator,
  page,
}) => {
  await simulator.open('#simulate?s=empty&v=1');
  await expect(page.getByTestId('timeline')).toContainText('add a PoP first');
  await expect(page.getByTestId('events')).not.toContainText('Click a PoP');
  await simulator.open('#simulate?s=no-such-scenario&v=1', '?test=1&again');
  const problem = page.getByTestId('problem');
  await expect(problem).toContainText('There is no scenario');
  await expect(problem.getByRole('button', { name: 'Retry' })).toHaveCount(0);
});
