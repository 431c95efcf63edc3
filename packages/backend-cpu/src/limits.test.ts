// 32, 33, 59: a machine's limits cause a slower run or a typed error. The tests run in child processes.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cpu } from './cpu.ts';

const run = promisify(execFile);
const cpuUrl = new URL('cpu.ts', import.meta.url).href;

/** The output of a program in its own Node process that doubles a number on each of several backends. */
async function child(threads: string, { backends = 1, limitKibibytes = 'unlimited', flags = '' } = {}) {
  const program = `
    const { cpu } = await import(${JSON.stringify(cpuUrl)});
    const results = [];
    for (let i = 0; i < ${backends}; i++) {
      try {
        const backend = await cpu({ threads: ${threads} });
        const tensor = backend.tensor([1, 4]);
        await backend.write(tensor, Float32Array.of(1, 2, 3, 4));
        const encoder = backend.encoder();
        encoder.copy(encoder.add(tensor, tensor), tensor);
        await backend.submit(encoder);
        results.push({
          values: [...(await backend.read(tensor))],
          description: backend.description,
          warnings: backend.warnings,
        });
        await backend.dispose();
      } catch ({ code, message }) {
        results.push({ code, message });
      }
    }
    console.log(JSON.stringify(results));
    process.exit(0);`;
  const command = `ulimit -v ${limitKibibytes}; exec "$0" ${flags} --conditions=rondo-source --input-type=module -e "$1"`;
  const { stdout } = await run('sh', ['-c', command, process.execPath, program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  return JSON.parse(stdout) as {
    values?: number[];
    description?: string;
    warnings?: object[];
    code?: string;
    message?: string;
  }[];
}

const doubled = { values: [2, 4, 6, 8] };

describe.runIf(process.platform === 'linux')('limited address space', () => {
  it.each(['14000000', '16000000', '20000000', '30000000'])(
    '%s KiB: computes with what threads there is room for',
    async (limitKibibytes) => {
      const [result] = await child("'auto'", { limitKibibytes });
      expect(result).toMatchObject(doubled);
      const isAlone = result?.description?.includes("the caller's thread");
      expect(result?.warnings).toEqual(
        isAlone ? [expect.objectContaining({ message: expect.stringContaining('ulimit -v') })] : [],
      );
    },
  );

  it('more threads than there is room for are refused with the number that there is', async () => {
    const [refused] = await child('64', { limitKibibytes: '30000000' });
    expect(refused).toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringContaining('ulimit -v') });
  });

  it.each(['20000000', '60000000'])(
    '%s KiB: a second and a third backend have as many threads as the first, which was disposed of',
    async (limitKibibytes) => {
      const [first, ...others] = await child("'auto'", { limitKibibytes, backends: 3 });
      expect(first).toMatchObject(doubled);
      expect(others).toEqual([first, first]);
    },
  );
});

describe('threads that Node forbids by --permission', () => {
  const flags = '--permission --allow-fs-read=*';

  it('are not used where nobody asked for them, with a warning that names the policy', async () => {
    const [result] = await child("'auto'", { flags });
    expect(result).toMatchObject({ ...doubled, description: expect.stringContaining("the caller's thread") });
    expect(result?.warnings).toEqual([
      expect.objectContaining({ code: 'NO_THREADS', message: expect.stringContaining('--allow-worker') }),
    ]);
  });

  it('are refused with the name of the policy where somebody did', async () => {
    const [result] = await child('2', { flags });
    expect(result).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('--allow-worker') });
  });
});

describe('a page that is not cross-origin isolated', () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each(['auto', 2] as const)(
    "computes on the caller's thread, and warns with what to send; threads: %s",
    async (threads) => {
      vi.stubGlobal('SharedArrayBuffer', undefined);
      const backend = await cpu({ threads });
      expect(backend.description).toContain("the caller's thread");
      expect(backend.warnings).toEqual([
        expect.objectContaining({
          code: 'NO_THREADS',
          message: expect.stringContaining('Cross-Origin-Embedder-Policy: require-corp'),
        }),
      ]);
      await backend.dispose();
    },
  );

  it('warns of nothing where no threads are asked for', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    const backend = await cpu({ threads: 0 });
    expect(backend.warnings).toEqual([]);
    await backend.dispose();
  });
});
