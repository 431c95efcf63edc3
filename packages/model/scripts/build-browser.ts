// Writes dist/rondo.browser.js, the one file for pages without a bundler, from what tsc has built.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleIntoOneFile } from './bundle.ts';

const dist = new URL('../dist/', import.meta.url);
const code = await bundleIntoOneFile(fileURLToPath(new URL('browser.js', dist)), 'built');
await writeFile(new URL('rondo.browser.js', dist), code);
