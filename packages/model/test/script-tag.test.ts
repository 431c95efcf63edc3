// 40: the one file for pages without a bundler, in pages that a plain server gives out, with no import map.
import { fileURLToPath } from 'node:url';
import { chromiumLaunch, startRangeServer, type RangeServer } from '@rondo/testkit';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleIntoOneFile } from '../scripts/bundle.ts';
import { demoBytes } from './support/demo.ts';

/** Greedy after "ROMEO:" in Q8_0, from the demo model's reference runs. */
const EXPECTED = [198, 40, 451, 716, 288, 11, 503, 11];
/** As on a server of npm packages, and in a `node_modules` folder. */
const FILE = '/@rondo/model/dist/rondo.browser.js';
const DEMO = '/@rondo/demo-model/data/shakespeare-q8_0.gguf';

/** A function of pages and workers, as text: the greedy ids of a model. */
const idsOf = `async function idsOf(source, options) {
  const model = await loadModel(source, { memory: '4.4MB', context: 128, ...options });
  const ids = [];
  for await (const { tokenId } of model.generate('ROMEO:', { maxTokens: ${EXPECTED.length}, temperature: 0 }))
    if (tokenId !== undefined) ids.push(tokenId);
  await model.dispose();
  return ids;
}`;

let server: RangeServer;
let browser: Browser;
/** Path -> content type and text. */
const texts = new Map<string, readonly [string, string]>();

beforeAll(async () => {
  const code = await bundleIntoOneFile(
    fileURLToPath(new URL('../src/browser.ts', import.meta.url)),
    'sources',
  );
  texts.set(FILE, ['text/javascript', code]);
  server = await startRangeServer();
  server.files.set(DEMO, { bytes: await demoBytes() });
  server.intercept = ({ url = '' }, response) => {
    const [path = '', query] = url.split('?');
    const found = texts.get(path);
    if (!found) return false;
    response.setHeader('Content-Type', found[0]);
    if (query === 'isolated') {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    response.end(found[1]);
    return true;
  };
  browser = await chromium.launch(chromiumLaunch());
}, 300_000);
afterAll(async () => {
  await browser.close();
  await server.close();
});

/** What a page's module script assigns to `result`. */
async function resultOf(script: string, query = ''): Promise<unknown> {
  texts.set('/page.html', ['text/html', `<!doctype html><script type="module">${script}</script>`]);
  const page = await browser.newPage();
  try {
    const failed = Promise.withResolvers<never>();
    page.on('pageerror', (error) => failed.reject(error));
    await page.goto(`${server.origin}/page.html${query}`);
    await Promise.race([
      page.waitForFunction('globalThis.result !== undefined', undefined, { timeout: 0 }),
      failed.promise,
    ]);
    return await page.evaluate('globalThis.result');
  } finally {
    await page.close();
  }
}

it("a plain script tag loads the demo model and generates on the page's thread, and fetches no further code", async () => {
  const { length } = server.requests;
  const result = await resultOf(`
    import { loadModel } from '${FILE}';
    ${idsOf}
    const ids = await idsOf('demo');
    globalThis.result = { ids, isolated: crossOriginIsolated };`);
  expect(result).toEqual({ ids: EXPECTED, isolated: false });
  const fetched = new Set(server.requests.slice(length).map(({ path }) => path));
  fetched.delete('/favicon.ico');
  expect([...fetched]).toEqual(['/page.html', FILE, DEMO]);
});

it('a plain script tag in an isolated page computes with threads, by every export that the options need', async () => {
  const result = await resultOf(
    `
    import { cache, cpu, http, isRondoError, loadModel, prefetch, webgpu } from '${FILE}';
    ${idsOf}
    const backend = await cpu({ threads: 2 });
    const source = await http('${DEMO}');
    const ids = await idsOf(source, { backend, cache: cache.lru(), prefetch: prefetch.sync({ distance: 1 }) });
    const gpu = { requestAdapter: async () => null };
    const { description } = backend;
    await backend.dispose();
    const error = await webgpu({ gpu }).catch((error) => error);
    globalThis.result = { ids, description, code: isRondoError(error) && error.code };`,
    '?isolated',
  );
  expect(result).toEqual({
    ids: EXPECTED,
    description: expect.stringContaining('2 threads'),
    code: 'UNSUPPORTED',
  });
});

describe.each([
  [
    'a module worker',
    `const port = new Worker('/worker.js', { type: 'module' });
    port.addEventListener('message', ({ data }) => { globalThis.result = data; });
    port.addEventListener('error', ({ message }) => { globalThis.result = message; });
    port.postMessage('begin');`,
  ],
  [
    'a service worker',
    `navigator.serviceWorker.addEventListener('message', ({ data }) => { globalThis.result = data; });
    await navigator.serviceWorker.register('/worker.js', { type: 'module' });
    const { active } = await navigator.serviceWorker.ready;
    navigator.serviceWorker.startMessages();
    active.postMessage('begin');`,
  ],
])('%s', (_, start) => {
  it('loads the demo model and generates, though import() is forbidden in service workers', async () => {
    texts.set('/worker.js', [
      'text/javascript',
      `import { loadModel } from '${FILE}';
      ${idsOf}
      addEventListener('message', async ({ source }) => {
        const answer = await idsOf(new URL('${DEMO}', location.href)).catch((error) => String(error));
        (source ?? globalThis).postMessage(answer);
      });`,
    ]);
    expect(await resultOf(start)).toEqual(EXPECTED);
  });
});
