// Headless Chromium with the page in it, cross-origin isolated, so that engines for browsers have threads.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromiumLaunch } from '@rondo/testkit';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';
import type { PageBench } from './page/page.ts';
import type { Peer, PeerOptions } from './peer.ts';

/** Engines that run in the page. */
export type PageEngine = 'rondo' | 'wllama';

/** A page in which engines can be opened. */
export interface PeersPage {
  open(engine: PageEngine, options: PeerOptions): Promise<Peer>;
  close(): Promise<void>;
}

/** Serves the page and the model, and opens the page. CHROMIUM names another browser than Debian's. */
export async function openPage(modelPath: string): Promise<PeersPage> {
  const modelUrl = `/${basename(modelPath)}`;
  const { size } = await stat(modelPath);
  const server = await createServer({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('page', import.meta.url)),
    resolve: { conditions: ['rondo-source', 'browser', 'import', 'module', 'default'] },
    // Anywhere in the repository: the packages' sources, and wllama's binary.
    server: { host: '127.0.0.1', port: 0, fs: { strict: false }, ws: false, hmr: false },
    plugins: [
      {
        name: 'model',
        configureServer({ middlewares }) {
          middlewares.use((request, response, next) => {
            response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
            response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
            if (request.url !== modelUrl) return next();
            response.setHeader('Content-Length', size);
            createReadStream(modelPath).pipe(response);
          });
        },
      },
    ],
  });
  await server.listen();
  const browser = await chromium.launch(chromiumLaunch());
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`Page: ${error.message}`));
  await page.goto(server.resolvedUrls?.local[0] ?? '');
  await page.waitForFunction('globalThis.bench !== undefined');

  function call<Method extends keyof PageBench>(
    method: Method,
    ...args: Parameters<PageBench[Method]>
  ): Promise<Awaited<ReturnType<PageBench[Method]>>> {
    return page.evaluate(`globalThis.bench.${method}(...${JSON.stringify(args)})`);
  }

  return {
    async open(engine, options) {
      await call('open', engine, modelUrl, options);
      return {
        prefill: (prompt) => call('prefill', engine, prompt),
        decode: (prompt, tokens) => call('decode', engine, prompt, tokens),
        close: () => call('close', engine),
      };
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
