// What tests stand on: a server of their own, the command line beside it, and words for the page.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { test as base, expect, type Page } from '@playwright/test';

/** The binary to test; `cargo xtask test --only browser` says which. */
export const BINARY = resolve(process.env.CATCHMENT ?? '../target/debug/catchment');

/** A running `catchment serve`. */
export class Server {
  private constructor(
    readonly url: string,
    readonly process: ChildProcess,
  ) {}

  static async start(port = 0): Promise<Server> {
    const child = spawn(BINARY, ['serve', '--listen', `127.0.0.1:${port}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const url = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stderr!.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const found = /http:\/\/[\w.:]+/.exec(said);
        if (found) resolve(found[0]);
      });
      child.on('exit', (code) => reject(new Error(`catchment serve ended (${code}): ${said}`)));
      child.on('error', reject);
    });
    return new Server(url, child);
  }

  /** Ends it, politely or by force, and waits until it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode !== null) return this.process.exitCode;
    const gone = new Promise<number | null>((resolve) => this.process.once('exit', resolve));
    this.process.kill(signal);
    return gone;
  }
}

/** What `catchment` prints, as JSON. */
export function cli<T>(...args: string[]): T {
  const out = execFileSync(BINARY, [...args, '--format', 'json'], { maxBuffer: 1 << 28 });
  return JSON.parse(out.toString()) as T;
}

/** Writes a scenario to a file, so that the command line can play it. */
export function scenarioFile(toml: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'catchment-')), 'scenario.toml');
  writeFileSync(file, toml);
  return file;
}

/** One row of `catchment simulate --trace FILE.json`. */
export interface TraceRow {
  time_s: number;
  kind: string;
  [key: string]: unknown;
}

export function trace(scenario: string, ...args: string[]): TraceRow[] {
  const file = join(mkdtempSync(join(tmpdir(), 'catchment-')), 'trace.json');
  execFileSync(BINARY, ['simulate', scenario, ...args, '--trace', file, '--format', 'json']);
  return JSON.parse(readFileSync(file).toString()) as TraceRow[];
}

/** The state of the page that tests may ask for (`?test=1`). */
interface Hooks {
  ready: boolean;
  idle(): Promise<void>;
  seek(seconds: number): void;
  snapshotHash(): string;
  toml(): Promise<string>;
  frameStats(): { median: number };
}

declare global {
  interface Window {
    __catchment: Hooks;
  }
}

/** The simulator in a browser. */
export class Simulator {
  constructor(
    readonly page: Page,
    readonly url: string,
  ) {}

  /** Opens the page, optionally at a fragment, and waits until it is alive. */
  async open(fragment = '', query = '?test=1'): Promise<void> {
    await this.page.goto(`${this.url}/${query}${fragment}`);
    await this.idle();
  }

  /** Waits until no run goes on and nothing plays. */
  async idle(): Promise<void> {
    await this.page.waitForFunction(() => window.__catchment?.ready, undefined, {
      timeout: 60_000,
    });
    await this.page.evaluate(() => window.__catchment.idle());
  }

  async seek(seconds: number): Promise<void> {
    await this.page.evaluate((to) => window.__catchment.seek(to), seconds);
  }

  pop(name: string) {
    return this.page.getByTestId(`pop-${name}`);
  }

  pops() {
    return this.page.locator('[data-testid^="pop-"]');
  }

  client(name: string) {
    return this.page.locator(`[data-testid^="client-"][data-name="${name}"]`);
  }

  clients() {
    return this.page.locator('[data-testid^="client-"]');
  }

  /** Where each client's packets go now: its name, what becomes of them, and the site. */
  async fates(): Promise<Record<string, { fate: string; site: string }>> {
    return this.clients().evaluateAll((elements) =>
      Object.fromEntries(
        elements.map((one) => [
          (one as SVGElement).dataset.name,
          {
            fate: (one as SVGElement).dataset.fate ?? '',
            site: (one as SVGElement).dataset.site ?? '',
          },
        ]),
      ),
    );
  }

  /** The plain value of a card of the strip. */
  async stat(name: string): Promise<string> {
    return (await this.page.getByTestId(`stat-${name}`).getAttribute('data-value')) ?? '';
  }

  /** The scenario as it is edited, for the command line. */
  async file(): Promise<string> {
    return scenarioFile(await this.page.evaluate(() => window.__catchment.toml()));
  }
}

export const test = base.extend<{ simulator: Simulator }, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
  simulator: async ({ page, server }, use) => {
    const foreign: string[] = [];
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== server.url) foreign.push(request.url());
    });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => {
      // A refused request is the page's to show, and tests look at what it shows.
      const isRefusal = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isRefusal) errors.push(message.text());
    });
    await use(new Simulator(page, server.url));
    expect(foreign, 'no request leaves the origin').toEqual([]);
    expect(errors, 'the console is quiet').toEqual([]);
  },
});

export { expect };
