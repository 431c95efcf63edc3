// The common part of the tests of remote models: a server, a hub with its storage, and a new cache folder for each test.
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoModelUrl } from '@rondo/demo-model';
import { startRangeServer, type RangeServer } from '@rondo/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { rondoHere } from './rondo.ts';

export const model = new Uint8Array(await readFile(demoModelUrl));
export const digest = createHash('sha256').update(model).digest('hex');
export const MiB = 2 ** 20;

export let server: RangeServer;
/** The server to which the hub redirects: another origin. */
export let storage: RangeServer;
export let cache = '';
beforeAll(async () => {
  server = await startRangeServer();
  storage = await startRangeServer();
});
afterAll(() => Promise.all([server.close(), storage.close()]));

const environment = { ...process.env };
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'rondo-pull-'));
  Object.assign(process.env, { XDG_CACHE_HOME: cache, HF_ENDPOINT: server.origin, HF_TOKEN: 'secret' });
  for (const one of [server, storage]) {
    one.files.clear();
    one.requests.length = 0;
    one.intercept = () => false;
  }
});
afterEach(async () => {
  process.env = { ...environment };
  await rm(cache, { recursive: true });
});

export const hubPath = '/owner/repo/resolve/main/model.gguf';
export const hubName = 'hf:owner/repo/model.gguf';

/** A hub like Hugging Face's: it names the digest of the file, and another server has the file. */
export function serveOnHub(promised = digest, bytes = model): void {
  storage.files.set('/blob', { bytes, etag: '"blob"' });
  server.intercept = (request, response) => {
    if (request.url !== hubPath) return false;
    response.writeHead(302, { Location: `${storage.origin}/blob`, 'X-Linked-ETag': `"${promised}"` }).end();
    return true;
  };
}

export function serve(bytes: Uint8Array = model, etag = '"one"'): string {
  server.files.set('/model.gguf', { bytes, etag });
  return `${server.origin}/model.gguf`;
}

export const sentBytes = (from: RangeServer) =>
  from.requests.reduce((sum, request) => sum + request.sentBytes, 0);
export const generate = (name: string) =>
  rondoHere(['generate', name, '-p', 'ROMEO:', '-n', '8', '--temperature', '0', '--threads', '1', '--json']);
export const textOf = ({ stdout }: { stdout: string }) => (JSON.parse(stdout) as { text: string }).text;
/** Not `toEqual`, which takes a second for a file of this size. */
export async function expectFile(path: string, bytes: Uint8Array): Promise<void> {
  expect(Buffer.compare(await readFile(path), bytes)).toBe(0);
}
export const storedFiles = async () => (await readdir(join(cache, 'rondo', 'files'))).length;
