// The most memory that a page's process takes while a model streams. No debugger may be attached: with a debugger
// (Playwright's, the developer tools), Chromium keeps up to 200 MB of fetched data in that same process.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { chromiumLaunch } from '@rondo/testkit';
import type { PageReport } from './page/memory.ts';
import { startPageServer } from './page-server.ts';

/** What the page does. */
export interface PageMemoryOptions {
  /** The source of the model: read by ranges, or downloaded into a blob first. */
  readonly from: 'http' | 'blob';
  /** The memory that the model is granted, such as `200MiB`. */
  readonly memory: string;
  readonly threads: number;
  /** How many tokens are generated. */
  readonly tokens: number;
}

/** The most memory that the page's process has held, by Linux's count (`VmHWM`), in bytes. */
export interface PageMemory {
  /** Before the model is opened: Chromium itself. About half of it are bytes of files that all its processes share. */
  readonly emptyBytes: number;
  readonly peakBytes: number;
}

/** Opens a separate Chromium with a page that generates, and measures the page's process. Linux only. */
export async function measurePageMemory(modelPath: string, options: PageMemoryOptions): Promise<PageMemory> {
  const profile = await mkdtemp(join(tmpdir(), 'rondo-page-memory-'));
  let emptyBytes = 0;
  const peak = Promise.withResolvers<number>();
  const server = await startPageServer(modelPath, async (text) => {
    const report = JSON.parse(text) as PageReport;
    if (report === 'begins') emptyBytes = await peakOfRenderers(browser.pid);
    else if (report === 'ends') peak.resolve(await peakOfRenderers(browser.pid));
    else peak.reject(new Error(`The page failed: ${report.error}`));
  });
  const settings = new URLSearchParams({
    ...options,
    threads: String(options.threads),
    tokens: String(options.tokens),
    model: server.modelUrl,
  });
  const { executablePath, args, env } = chromiumLaunch();
  const browser = spawn(
    executablePath,
    [
      ...args,
      '--headless',
      '--disable-gpu',
      '--no-first-run',
      `--user-data-dir=${profile}`,
      // Without a debugger's port, a headless Chromium prints the page and ends. Nothing connects to the port.
      '--remote-debugging-port=0',
      `${server.origin}memory.html?${settings}`,
    ],
    { env, stdio: 'ignore' },
  );
  const exited = once(browser, 'exit');
  void exited.then(([code]) => peak.reject(new Error(`Chromium ended with ${String(code)}.`)));
  try {
    return { peakBytes: await peak.promise, emptyBytes };
  } finally {
    browser.kill();
    await exited;
    await server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The largest peak of the renderer processes among the descendants of a process; the others are spare and hold no page. */
async function peakOfRenderers(ancestor: number | undefined): Promise<number> {
  const parents = new Map<number, number>();
  const peaks = new Map<number, number>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // A process may end meanwhile.
    const status = await readFile(`/proc/${entry}/status`, 'utf8').catch(() => '');
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '');
    parents.set(Number(entry), Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]));
    if (command.includes('--type=renderer'))
      peaks.set(Number(entry), Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024);
  }
  const descends = (id: number | undefined): boolean =>
    id !== undefined && (id === ancestor || descends(parents.get(id)));
  return Math.max(0, ...[...peaks].filter(([id]) => descends(id)).map(([, bytes]) => bytes));
}
