// Measures the page in headless Chromium and prints what it saw, one line of JSON. Asserts nothing:
// how fast software rendering is depends on the machine. `npm run bench` after a release build.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

import { chromium } from '@playwright/test';

const BINARY = resolve(process.env.CATCHMENT ?? '../target/release/catchment');
const FLAGS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];
const RUNS = 5;

function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[sorted.length >> 1];
}

const rounded = (value) => Math.round(value * 10) / 10;

/** Starts `catchment serve` and waits for its address. */
function serve() {
    const child = spawn(BINARY, ['serve', '--listen', '127.0.0.1:0'], {
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    return new Promise((resolve, reject) => {
        let said = '';
        child.stderr.on('data', (chunk) => {
            said += chunk;
            const found = /http:\/\/[\w.:]+/.exec(said);
            if (found) resolve({ url: found[0], child });
        });
        child.on('exit', (code) => reject(new Error(`catchment serve ended (${code}): ${said}`)));
    });
}

/** Bytes after gzip of all that the page had loaded by now; `npm run size` has the first screen. */
function allLoaded(requested) {
    const folder = resolve('dist');
    const files = [
        'index.html',
        ...readdirSync(join(folder, 'assets')).map((name) => `assets/${name}`),
    ];
    const wanted = files.filter((name) => requested.has(`/${name}`) || name === 'index.html');
    return wanted.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name))).length, 0);
}

/** Milliseconds from a click on a PoP to the first change of the page, and to the result. */
async function click(page, name) {
    return page.evaluate(async (pop) => {
        const element = document.querySelector(`[data-testid="pop-${pop}"]`);
        const before = element.getAttribute('aria-label');
        const start = performance.now();
        element.dispatchEvent(new MouseEvent('click', { bubbles: true }));
        const frame = () => new Promise((done) => requestAnimationFrame(done));
        while (element.getAttribute('aria-label') === before) await frame();
        const first = performance.now() - start;
        const hash = window.__catchment.resultHash();
        while (window.__catchment.resultHash() === hash) await frame();
        await frame();
        const result = performance.now() - start;
        const report = await (
            await fetch(`/api/v1/results/${window.__catchment.resultHash()}`)
        ).json();
        return { first, result, engine: report.engine_ms };
    }, name);
}

async function measure(page, url, fragment) {
    await page.goto(`${url}/?test=1${fragment}`);
    await page.waitForFunction(() => window.__catchment?.ready, undefined, { timeout: 120_000 });
    const clicks = [];
    for (let run = 0; run < RUNS; run += 1) {
        clicks.push(await click(page, 'fra'));
        await page.waitForTimeout(1500);
        if (run === 0) {
            // While it plays: how many frames a second.
            await page.waitForTimeout(2500);
        }
    }
    const frames = [];
    await page.keyboard.press('Home');
    await page.keyboard.press(' ');
    for (let run = 0; run < RUNS; run += 1) {
        await page.waitForTimeout(1000);
        frames.push(await page.evaluate(() => window.__catchment.frameStats().median));
    }
    await page.keyboard.press(' ');
    const seeks = await page.evaluate(async () => {
        const frame = () => new Promise((done) => requestAnimationFrame(done));
        const times = [];
        for (let run = 0; run < 20; run += 1) {
            await frame();
            const start = performance.now();
            window.__catchment.seek(run % 2 === 0 ? 1e9 : 0.5);
            await frame();
            times.push(performance.now() - start);
        }
        return times;
    });
    return {
        frames_per_second: rounded(1000 / median(frames)),
        first_change_ms: rounded(median(clicks.map((one) => one.first))),
        result_ms: rounded(median(clicks.map((one) => one.result))),
        engine_ms: rounded(median(clicks.map((one) => one.engine))),
        seek_ms: rounded(median(seeks)),
    };
}

const { url, child } = await serve();
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: FLAGS });
try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const requested = new Set();
    const foreign = [];
    page.on('request', (request) => {
        const { origin, pathname, protocol } = new URL(request.url());
        if (origin === url) requested.add(pathname);
        else if (protocol.startsWith('http')) foreign.push(request.url());
    });
    const small = await measure(page, url, '#simulate?s=hello&e=&v=1');
    const loaded_kib = rounded(allLoaded(requested) / 1024);
    const internet = await measure(page, url, '#simulate?s=internet&e=&v=1');
    const report = { loaded_kib, small, internet, foreign_requests: foreign.length };
    process.stdout.write(`${JSON.stringify(report)}\n`);
} finally {
    await browser.close();
    child.kill('SIGTERM');
}
