// What writing leaves behind: a whole file or none, however it ends, and a sentence that says why.
import { once } from 'node:events';
import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { watch } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rondo, rondoHere, start } from './test-support/rondo.ts';
import { writeFileWhole } from './write-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-write-'));
});
afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});

async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const options = { force: false, signal: new AbortController().signal };
const synth = (out: string) => ['synth', '--shape', 'tiny', '--quant', 'q4_0', '--out', out];

/** Resolves with the name of the first file that appears in the folder. */
async function firstFile(): Promise<string> {
  const watching = new AbortController();
  const watcher = watch(folder, { signal: watching.signal });
  const [name] = (await readdir(folder)) as [string?];
  const found = name ?? String((await once(watcher, 'change'))[1]);
  watching.abort();
  return found;
}

it.each(['nowhere', 'link'])('an existing link to %s is not replaced without --force', async (to) => {
  const path = join(folder, 'link');
  await symlink(to, path);
  await expect(writeFileWhole(path, pieces('a'), options)).rejects.toMatchObject({
    code: 'BAD_ARGUMENT',
    message: expect.stringContaining('exists already'),
  });
  expect(await readlink(path)).toBe(to);
  await writeFileWhole(path, pieces('a'), { ...options, force: true });
  expect(await readFile(path, 'utf8')).toBe('a');
});

describe('the unfinished file', () => {
  it('an unfinished file has another name each time, so that the rest of a killed run does no harm', async () => {
    const path = join(folder, 'model.gguf');
    const names: string[] = [];
    async function* noted(): AsyncGenerator<Uint8Array> {
      names.push(...(await readdir(folder)));
      yield* pieces('a');
    }
    await Promise.all([
      writeFileWhole(path, noted(), { ...options, force: true }),
      writeFileWhole(path, noted(), { ...options, force: true }),
    ]);
    expect(new Set(names).size).toBeGreaterThanOrEqual(2);
    expect(names.every((name) => /^model\.gguf\.[0-9a-f]{12}\.part$/.test(name))).toBe(true);
    await writeFile(`${path}.${process.pid}.part`, 'left by a run with the same process id');
    expect((await rondo(synth(join(folder, 'other.gguf')))).code).toBe(0);
  });

  it('an unfinished file is deleted when a piece fails or the signal comes with the last piece', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield* pieces('a');
      throw new Error('broken');
    }
    await expect(writeFileWhole(join(folder, 'a'), failing(), options)).rejects.toThrow('broken');
    const cut = new AbortController();
    async function* aborting(): AsyncGenerator<Uint8Array> {
      yield* pieces('a');
      cut.abort(new Error('enough'));
    }
    const writing = writeFileWhole(join(folder, 'a'), aborting(), { ...options, signal: cut.signal });
    await expect(writing).rejects.toThrow('enough');
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
    'an unfinished file is deleted after %s',
    async (signal) => {
      const out = join(folder, 'model.gguf');
      const large = ['synth', '--shape', 'llama-2-7b', '--quant', 'q8_0', '--out', out];
      const child = start(...large);
      const ended = once(child, 'close');
      expect(await firstFile()).toMatch(/\.part$/);
      child.kill(signal);
      const [code] = await ended;
      expect(code).toBe(128 + constants.signals[signal]);
      expect(await readdir(folder)).toEqual([]);
    },
  );
});

describe('what the system refuses', () => {
  it('writing into a missing folder, or into a file in place of a folder, is refused', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const [path, reason] of [
      ['none/model.gguf', /no such file or folder \(ENOENT\)/],
      ['file/model.gguf', /part of the path is a file.*\(ENOTDIR\)/],
    ] as const) {
      const { code, stderr } = await rondoHere(synth(join(folder, path)));
      expect([code, stderr]).toEqual([1, expect.stringMatching(reason)]);
      expect(stderr).toMatch(/\(WRITE_FAILED\)\n$/);
      expect(stderr).not.toContain('unexpected');
    }
  });

  it('writing over a folder is refused', async () => {
    await mkdir(join(folder, 'taken'));
    const { stderr } = await rondoHere([...synth(join(folder, 'taken')), '--force']);
    expect(stderr).toMatch(/cannot be written: it is a folder.*WRITE_FAILED/);
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('writing over a socket, pipe or device is refused, and it stays', async () => {
    const path = join(folder, 'socket');
    await using server = createServer().listen(path);
    await once(server, 'listening');
    const { code, stderr } = await rondoHere([...synth(path), '--force']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/socket, device or pipe/)]);
    expect((await stat(path)).isSocket()).toBe(true);
    // Reading a pipe would wait for a writer.
    expect(await rondoHere(['inspect', path])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not a regular file/),
    });
  });

  it('a device is not opened for reading', async () => {
    expect(await rondoHere(['inspect', '/dev/null'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not a regular file/),
    });
  });

  it('writing to a full disk fails with a sentence that says so', async () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const writing = writeFileWhole(join(folder, 'b'), pieces('a', 'b'), {
      ...options,
      async create(path) {
        const handle = await open(path, 'wx');
        let writes = 0;
        return {
          writeFile: async (piece) => ((writes += 1) > 1 ? Promise.reject(error) : handle.writeFile(piece)),
          close: () => handle.close(),
        };
      },
    });
    await expect(writing).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: expect.stringMatching(/no room left on the disk.*ENOSPC/),
      cause: error,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('a completely written file has the given bytes', async () => {
    expect(await writeFileWhole(join(folder, 'a'), pieces('ab', 'c'), options)).toBe(3);
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('abc');
    await expect(writeFileWhole(join(folder, 'a'), pieces('d'), options)).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
  });
});
