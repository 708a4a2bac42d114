// A page whose engine dies says so, keeps what it shows, and goes on when the engine is back.

import { Server, Simulator, expect, test } from './catchment';

test('a stopped engine leaves the page saying so, with the state in the address', async ({
  page,
}) => {
  const server = await Server.start();
  const simulator = new Simulator(page, server.url);
  await simulator.open();
  await simulator.pop('fra').click();
  await simulator.idle();
  const port = Number(new URL(server.url).port);
  await server.stop('SIGKILL');
  await simulator.pop('nrt').click();
  await expect(page.getByText(/offline/i).first()).toBeVisible();
  await expect(simulator.pops()).toHaveCount(8);
  await expect(page).toHaveURL(/e=1:fail:fra/);
  const again = await Server.start(port);
  try {
    await expect(page.getByText(/offline/i)).toHaveCount(0, { timeout: 40_000 });
    await simulator.idle();
    await expect(simulator.pop('nrt')).toHaveAttribute('aria-label', /failed/);
  } finally {
    await again.stop();
  }
});

test('an engine that has forgotten the result makes it anew when asked', async ({ page }) => {
  const server = await Server.start();
  const simulator = new Simulator(page, server.url);
  await simulator.open();
  await server.stop('SIGKILL');
  const again = await Server.start(Number(new URL(server.url).port));
  try {
    await simulator.client('Istanbul').click();
    await expect(page.getByTestId('why-headline')).toContainText('Istanbul');
  } finally {
    await again.stop();
  }
});

test('two failures in a row are two events, whatever the engine is doing', async ({
  simulator,
}) => {
  await simulator.open();
  // In one tick: no hand is as quick, but the engine may be as slow.
  await simulator.page.evaluate(() => {
    for (const name of ['fra', 'nrt']) {
      const pop = document.querySelector(`[data-testid="pop-${name}"]`)!;
      pop.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    }
  });
  await simulator.idle();
  await expect(simulator.page.getByRole('dialog')).toHaveCount(0);
  await expect(simulator.pop('fra')).toHaveAttribute('aria-label', /failed/);
  await expect(simulator.pop('nrt')).toHaveAttribute('aria-label', /failed/);
  expect(await simulator.stat('active')).toBe('6');
});

test('the server ends at once and with exit code 0 when asked to', async ({ page }) => {
  const server = await Server.start();
  await new Simulator(page, server.url).open();
  expect(await server.stop('SIGTERM')).toBe(0);
});
