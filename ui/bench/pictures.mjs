// Takes the pictures of the documentation, so that they show what is there: `npm run pictures`, or
// `npm run pictures plan` for one.

import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { deflateRawSync } from 'node:zlib';

import { chromium } from '@playwright/test';

const BINARY = resolve(process.env.CATCHMENT ?? '../target/release/catchment');
const FOLDER = resolve('../docs/pictures');
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];

/** What the picture of the Plan screen changes. */
const CHANGES = deflateRawSync(
    JSON.stringify([
        { kind: 'prepend', site: 'fra', neighbor: null, prepend: 2 },
        { kind: 'capacity', site: 'sin', kqps: 480 },
    ]),
).toString('base64url');

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** What is shown: name, size, theme, and what the address says. */
const PICTURES = [
    ['simulator', DESK, 'dark', '#simulate?s=hello&e=1:fail:fra,2:up:fra&sel=c:Istanbul&t=3'],
    ['internet', DESK, 'dark', '#simulate?s=internet&e=1:fail:fra&t=1.02'],
    ['compare', DESK, 'light', '#simulate?s=hello&m=compare&e=1:fail:fra&t=80'],
    ['ttl', DESK, 'dark', '#simulate?s=ttl-gap&t=105'],
    ['plan', DESK, 'dark', `#plan?s=eight&ch=${CHANGES}`],
    ['phone', PHONE, 'light', '#simulate?s=hello&e=1:fail:fra&t=3'],
];

/** All, or those that are named. */
const isWanted = ([name]) => process.argv.length < 3 || process.argv.includes(name);

function serve() {
    const child = spawn(BINARY, ['serve', '--listen', '127.0.0.1:0'], {
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    return new Promise((done, failed) => {
        let said = '';
        child.stderr.on('data', (chunk) => {
            said += chunk;
            const found = /http:\/\/[\w.:]+/.exec(said);
            if (found) done({ url: found[0], child });
        });
        child.on('exit', (code) => failed(new Error(`catchment serve ended (${code}): ${said}`)));
    });
}

mkdirSync(FOLDER, { recursive: true });
const { url, child } = await serve();
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: FLAGS });
try {
    for (const [name, viewport, theme, fragment] of PICTURES.filter(isWanted)) {
        const page = await browser.newPage({ viewport, reducedMotion: 'reduce' });
        await page.goto(`${url}/?test=1${fragment}&th=${theme}&v=1`);
        await page.waitForFunction(() => window.__catchment?.ready, undefined, {
            timeout: 120_000,
        });
        await page.evaluate(() => window.__catchment.idle());
        await page.waitForTimeout(1500);
        await page.screenshot({ path: `${FOLDER}/${name}.png` });
        await page.close();
        process.stdout.write(`${FOLDER}/${name}.png\n`);
    }
} finally {
    await browser.close();
    child.kill('SIGTERM');
}
