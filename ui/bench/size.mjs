// Bytes of the first screen after gzip: index.html, and every script and style that it loads before
// anybody has done anything. Fails above a limit: `npm run size -- 153600`.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const read = (path) => readFileSync(new URL(`../dist/${path}`, import.meta.url));

/** A script and all that it imports at once; what it imports later is not part of the screen. */
function withImports(path, seen) {
    if (seen.has(path)) return;
    seen.add(path);
    const text = read(path).toString();
    const now = /(?:import|export)\s*(?:[\w{}*\s,$]+from\s*)?["']\.\/([\w.-]+\.js)["']/g;
    for (const [, name] of text.matchAll(now)) withImports(`assets/${name}`, seen);
}

const seen = new Set();
const page = read('index.html').toString();
for (const [, path] of page.matchAll(/(?:src|href)="\/(assets\/[\w.-]+)"/g)) {
    if (path.endsWith('.js')) withImports(path, seen);
    else seen.add(path);
}
const bytes = [...seen, 'index.html'].map((path) => gzipSync(read(path)).length);
const sum = bytes.reduce((all, one) => all + one, 0);
const limit = Number(process.argv[2] ?? Infinity);
process.stdout.write(`first screen: ${sum} bytes after gzip, in ${bytes.length} files\n`);
if (sum > limit) {
    process.stderr.write(`that is more than ${limit}: load something later\n`);
    process.exitCode = 1;
}
