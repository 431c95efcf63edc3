import { appendFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CachedFile } from '@rondo/source';
import { describe, expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';
import {
  model,
  digest,
  MiB,
  server,
  cache,
  serve,
  generate,
  textOf,
  expectFile,
} from '../test-support/remote.ts';

describe('rondo cache', () => {
  const list = async () =>
    (JSON.parse((await rondoHere(['cache', 'list', '--json'])).stdout) as { files: CachedFile[] }).files;

  it('rondo cache lists and deletes a stored model, and the first run names the folder once', async () => {
    const url = `${serve()}?secret=signed`;
    server.files.set('/model.gguf?secret=signed', { bytes: model, etag: '"one"' });
    expect(await list()).toEqual([]);
    const first = await rondoHere(['inspect', url]);
    expect(first.stderr).toContain(`is kept in ${join(cache, 'rondo')}; rondo cache lists and deletes it`);
    expect(first.stderr).not.toContain('signed');
    expect((await rondoHere(['inspect', url])).stderr).toBe('');
    expect(await list()).toMatchObject([
      { name: `${server.origin}/model.gguf`, isWhole: false, sizeBytes: model.length },
    ]);
    await rondoHere(['pull', url]);
    const [whole] = await list();
    expect(whole).toMatchObject({ isWhole: true });
    expect(whole?.storedBytes).toBeGreaterThanOrEqual(model.length);
    const { stdout } = await rondoHere(['cache', 'list']);
    expect(stdout).toMatch(/1 file, 6\.\d+ MiB\n.*whole +http:\/\/127\.0\.0\.1:\d+\/model\.gguf\n/);
    expect(stdout).not.toContain('signed');

    const deleted = await rondoHere(['cache', 'rm', url]);
    expect(deleted).toMatchObject({ code: 0, stderr: expect.stringMatching(/^1 file deleted, 6\.\d+ MiB/) });
    expect(await list()).toEqual([]);
    server.requests.length = 0;
    expect((await rondoHere(['inspect', url])).code).toBe(0);
    expect(server.requests.length).toBeGreaterThan(0);
  });

  it('rondo cache prune deletes incomplete files and files that no address leads to', async () => {
    await rondoHere(['pull', serve()]);
    server.files.set('/other.gguf', { bytes: model, etag: '"other"' });
    await rondoHere(['inspect', `${server.origin}/other.gguf`]);
    expect(await list()).toHaveLength(2);
    expect((await rondoHere(['cache', 'prune'])).stderr).toMatch(/^1 file deleted/);
    expect(await list()).toMatchObject([{ isWhole: true }]);
    await rm(join(cache, 'rondo', 'addresses'), { recursive: true });
    await rondoHere(['cache', 'prune']);
    expect(await list()).toEqual([]);
  });

  it.each([
    [['cache', 'rm'], /give addresses/],
    [['cache', 'rm', 'https://example.com/none.gguf'], /nothing is stored/],
    [['cache', 'list', 'https://example.com/none.gguf'], /takes no addresses/],
    [['cache', 'clear'], /has list, rm and prune/],
    [['cache', 'rm', 'hf:o/r/m.gguf', '--all'], /give addresses/],
  ])('%j is wrong usage', async (args, message) => {
    expect(await rondoHere(args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
  });

  it('a stored file that was changed is not run: its bad part is fetched again', async () => {
    const { stdout } = await rondoHere(['pull', serve()]);
    await appendFile(stdout.trim(), 'more');
    server.requests.length = 0;
    const again = await rondoHere(['pull', `${server.origin}/model.gguf`, '--sha256', digest]);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringMatching(/SHA-256 verified/) });
    await expectFile(again.stdout.trim(), model);
    const bytes = await readFile(again.stdout.trim());
    bytes[5 * MiB] ^= 1;
    await writeFile(again.stdout.trim(), bytes);
    expect(textOf(await generate(`${server.origin}/model.gguf`))).toBe(textOf(await generate('demo')));
  });

  it('notes and files of the cache cannot be read by other users', async () => {
    await rondoHere(['pull', serve()]);
    const names = await readdir(join(cache, 'rondo'), { recursive: true });
    const modes = await Promise.all(
      names.map(async (name) => (await stat(join(cache, 'rondo', name))).mode & 0o077),
    );
    expect(names.length).toBeGreaterThan(4);
    expect(new Set(modes)).toEqual(new Set([0]));
  });
});
