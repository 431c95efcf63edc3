// Checks every link between the pages of the built site: the page must exist, and so must the heading that the link
// names.
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const site = new URL('site/', import.meta.url);
const pages = new Map();
for (const name of await readdir(site, { recursive: true }))
  if (name.endsWith('.html'))
    pages.set(new URL(name, site).pathname, await readFile(new URL(name, site), 'utf8'));
const files = new Set((await readdir(site, { recursive: true })).map((name) => new URL(name, site).pathname));

const dead = [];
let checked = 0;
for (const [path, html] of pages) {
  for (const [, address] of html.matchAll(/\s(?:href|src)="([^"]+)"/g)) {
    if (/^[a-z]+:/i.test(address)) continue;
    checked++;
    const target = new URL(address.replaceAll('&amp;', '&'), `file://${path}`);
    const page = pages.get(target.pathname);
    const anchor = decodeURIComponent(target.hash.slice(1));
    const there =
      page === undefined ? files.has(target.pathname) : anchor === '' || page.includes(`id="${anchor}"`);
    if (!there) dead.push(`${path.slice(fileURLToPath(site).length)}: ${address}`);
  }
}
if (checked === 0 || dead.length > 0) {
  console.error(`${dead.length} dead links of ${checked}:\n${dead.slice(0, 50).join('\n')}`);
  process.exit(1);
}
console.log(`${checked} links on ${pages.size} pages lead somewhere.`);
