import { defineConfig } from '@playwright/test';

// Tests of the page in a real browser against a real engine; nothing is mocked. Each worker starts
// a server of its own (test/catchment.ts). Software rendering on two busy cores is slow: waits are
// long, and no test asserts a speed.
export default defineConfig({
  testDir: 'test',
  fullyParallel: true,
  workers: 2,
  retries: process.env.CI ? 1 : 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  outputDir: 'test-results',
  use: {
    trace: 'retain-on-failure',
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
