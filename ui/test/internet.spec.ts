// The whole Internet: a hundred thousand dots behave as eight do. Speeds are in bench/, not here.

import { cli, expect, test } from './catchment';

test('the whole Internet opens, fails a site, and agrees with the command line', async ({
  simulator,
  page,
}) => {
  test.setTimeout(240_000);
  await simulator.open('#simulate?s=internet&e=&v=1');
  await expect(simulator.pops()).toHaveCount(8);
  await simulator.pop('fra').click();
  await simulator.idle();
  await expect(simulator.pop('fra')).toHaveAttribute('aria-label', /failed/);
  const [event] = cli<{ converged_s: number; lost: number; active_sites: number }[]>(
    'simulate',
    await simulator.file(),
  );
  expect(await simulator.stat('active')).toBe(String(event.active_sites));
  expect(Number(await simulator.stat('convergence'))).toBeCloseTo(event.converged_s, 4);
  const lost = Number(await simulator.stat('lost'));
  expect(Math.abs(lost / event.lost - 1)).toBeLessThan(1e-6);
  // Seeking is a pure function of time.
  const hash = () => page.evaluate(() => window.__catchment.snapshotHash());
  await simulator.seek(1.5);
  const there = await hash();
  await simulator.seek(0);
  expect(await hash()).not.toBe(there);
  await simulator.seek(1.5);
  expect(await hash()).toBe(there);
});
