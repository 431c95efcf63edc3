// Texts from named pipes: waited for, and given up when a signal says so.
import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readText } from './read-text.ts';
import { rondoHere } from './test-support/rondo.ts';

describe.runIf(process.platform !== 'win32')('a named pipe as a text', () => {
  let folder = '';
  let pipe = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rondo-pipe-'));
    pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const ioWith = (signal: AbortSignal) => ({
    stdin: Readable.from([]),
    stdout: new Writable(),
    stderr: new Writable(),
    signal,
  });

  it('is waited for, and read to the end of what comes in pieces', async () => {
    const reading = readText(pipe, ioWith(new AbortController().signal));
    const writer = await open(pipe, 'w');
    await writer.write('RO');
    await writer.write('MEO: é');
    await writer.close();
    expect(await reading).toBe('ROMEO: é');
  });

  it('that nobody writes to is given up with the reason of the signal', async () => {
    const controller = new AbortController();
    const reading = readText(pipe, ioWith(controller.signal));
    const reason = new Error('enough');
    setImmediate(() => controller.abort(reason));
    await expect(reading).rejects.toBe(reason);
  });

  it('that nobody writes to does not keep a command from ending', async () => {
    const controller = new AbortController();
    const running = rondoHere(['tokenize', 'demo', '--file', pipe], { signal: controller.signal });
    setImmediate(() => controller.abort());
    expect(await running).toMatchObject({ code: 130, stdout: '' });
  });
});
