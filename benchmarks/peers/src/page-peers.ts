// Headless Chromium with a cross-origin isolated page, so that engines for browsers have threads.
import { chromiumLaunch } from '@rondo/testkit';
import { chromium } from 'playwright-core';
import type { PageBench } from './page/page.ts';
import { startPageServer } from './page-server.ts';
import type { Peer, PeerOptions } from './peer.ts';

/** Engines that run in the page. */
export type PageEngine = 'rondo' | 'wllama';

/** A page in which engines can be opened. */
export interface PeersPage {
  open(engine: PageEngine, options: PeerOptions): Promise<Peer>;
  close(): Promise<void>;
}

/** Serves the page and the model, and opens the page. CHROMIUM names a browser other than Debian's. */
export async function openPage(modelPath: string): Promise<PeersPage> {
  const server = await startPageServer(modelPath);
  const browser = await chromium.launch(chromiumLaunch());
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(`Page: ${error.message}`));
  await page.goto(server.origin);
  await page.waitForFunction('globalThis.bench !== undefined');

  function call<Method extends keyof PageBench>(
    method: Method,
    ...args: Parameters<PageBench[Method]>
  ): Promise<Awaited<ReturnType<PageBench[Method]>>> {
    return page.evaluate(`globalThis.bench.${method}(...${JSON.stringify(args)})`);
  }

  return {
    async open(engine, options) {
      await call('open', engine, server.modelUrl, options);
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
