import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demoModelUrl } from '@rondo/demo-model';
import { readGguf } from '@rondo/gguf';
import { file } from '@rondo/source';
import { createTokenizer } from '@rondo/tokenizer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rondo, rondoHere, start } from '../test-support/rondo.ts';
import { vocabularyOf } from '@rondo/model';

const demoPath = fileURLToPath(demoModelUrl);
const romeo = ['generate', 'demo', '-p', 'ROMEO:', '-n', '24', '--seed', '7'];
const small = ['--memory', '3MiB', '--context', '128'];

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Replaces every number by its type, so that a report can be compared with its contract. */
function typesOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((element) => typeof element))];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, typesOf(inner)]));
}

async function decode(ids: readonly number[]): Promise<string> {
  const source = await file(demoPath);
  try {
    return createTokenizer(vocabularyOf(await readGguf(source))).decode(ids);
  } finally {
    await source.close();
  }
}

interface Report {
  readonly text: string;
  readonly promptTokenIds: readonly number[];
  readonly tokenIds: readonly number[];
  readonly timings: { readonly tokenMs: readonly number[] };
  readonly memory: {
    readonly budgetBytes: number;
    readonly peakRssBytes: number;
    readonly residentWeightBytes: number;
  };
  readonly speculation?: {
    readonly proposed: number;
    readonly accepted: number;
    readonly passes: number;
    readonly tokensPerPass: number;
  };
  readonly cache: {
    readonly policy: string;
    readonly prefetch: string;
    readonly accesses: number;
    readonly hits: number;
    readonly lateHits: number;
    readonly misses: number;
    readonly bytesRead: number;
  };
}

async function report(...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await rondo([...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^\{[^\n]*\}\n$/);
  return JSON.parse(stdout) as Report;
}

describe('generate --json', () => {
  it('generate --json writes one object with exactly the fields of the contract', async () => {
    const result = await report(...romeo);
    expect(typesOf(result)).toEqual({
      text: 'string',
      reason: 'string',
      promptTokenIds: ['number'],
      tokenIds: ['number'],
      timings: {
        loadMs: 'number',
        prefillMs: 'number',
        firstTokenMs: 'number',
        decodeMs: 'number',
        prefillTokensPerSecond: 'number',
        decodeTokensPerSecond: 'number',
        tokenMs: ['number'],
      },
      memory: { budgetBytes: 'number', peakRssBytes: 'number', residentWeightBytes: 'number' },
      cache: {
        policy: 'string',
        prefetch: 'string',
        accesses: 'number',
        hits: 'number',
        lateHits: 'number',
        misses: 'number',
        evictions: 'number',
        bytesRead: 'number',
        stallMs: 'number',
        hitRate: 'number',
        beladyHitRate: 'number',
        passes: 'number',
        passMs: 'number',
        readMs: 'number',
        bound: 'string',
      },
    });
    expect(result.promptTokenIds).toEqual([1020, 833, 25]);
    expect(result.tokenIds).toHaveLength(24);
    expect(result.timings.tokenMs).toHaveLength(23);
    expect(result.text).toBe(await decode(result.tokenIds));
    expect(result.cache.accesses).toBe(result.cache.hits + result.cache.lateHits + result.cache.misses);
    expect(result.cache.accesses).toBeGreaterThanOrEqual(24 * 8);
    // Node alone takes 30 MiB; a figure in KiB or in pages would be too large or too small.
    expect(result.memory.peakRssBytes).toBeGreaterThan(30 * 2 ** 20);
    expect(result.memory.peakRssBytes).toBeLessThan(2 * 2 ** 30);
  });

  it('generate --json gives the same tokens in less memory, with every strategy', async () => {
    const resident = await report(...romeo);
    for (const cache of ['lru', 'pinned']) {
      for (const prefetch of [['none'], ['async'], ['async', '--prefetch-distance', '2']]) {
        const streamed = await report(...romeo, ...small, '--cache', cache, '--prefetch', ...prefetch);
        expect(streamed.tokenIds).toEqual(resident.tokenIds);
        expect(streamed.text).toBe(resident.text);
        expect(streamed.cache).toMatchObject({ policy: cache, prefetch: prefetch[0] });
        expect(streamed.memory.budgetBytes).toBe(3 * 2 ** 20);
        expect(streamed.memory.residentWeightBytes).toBeLessThan(3 * 2 ** 20);
        // It did stream: far more bytes were read than the file has.
        expect(streamed.cache.bytesRead).toBeGreaterThan(10 * 7_012_544);
        const { accesses, hits, lateHits, misses } = streamed.cache;
        expect(hits + lateHits + misses).toBe(accesses);
      }
    }
  });
});

describe('generate --json with speculation', () => {
  it.each([
    ['lookup', ['--speculate', 'lookup']],
    ['a draft model', ['--draft', 'demo']],
  ])(
    'generate --json with speculation by %s gives the same tokens, and reports the speculation',
    async (_, flags) => {
      const plain = await report(...romeo);
      const { tokenIds, speculation, memory } = await report(...romeo, '--memory', '20MiB', ...flags);
      expect(tokenIds).toEqual(plain.tokenIds);
      const { proposed = -1, accepted = -1, passes = -1, tokensPerPass } = speculation ?? {};
      expect(proposed).toBeGreaterThanOrEqual(accepted);
      expect(passes + accepted).toBe(24);
      expect(tokensPerPass).toBe(24 / passes);
      // A draft model takes its part of the memory.
      expect(memory.budgetBytes < 13 * 2 ** 20).toBe(flags.includes('--draft'));
    },
  );
});

describe('generate', () => {
  it('rondo generate writes the text to stdout, and one line of statistics to stderr', async () => {
    const { text } = await report(...romeo);
    const { code, stdout, stderr } = await rondo(romeo);
    expect(code).toBe(0);
    expect(stdout).toBe(text.endsWith('\n') ? text : `${text}\n`);
    expect(stderr).toMatch(/^24 tokens at .* tok\/s · prompt 3 tokens at .* · weights all in memory .*\n$/);
  });

  it('rondo generate takes the prompt from stdin, and ends at any of the stop texts', async () => {
    const fromArgument = await rondoHere([...romeo, '--json']);
    const { text } = JSON.parse(fromArgument.stdout) as Report;
    const [stop = ''] = /[a-z]{3}/.exec(text) ?? [];
    const args = ['generate', 'demo', '-p', '-', '-n', '24', '--seed', '7', '--stop', 'zzz', '--stop', stop];
    const { code, stdout } = await rondoHere(args, { input: 'ROMEO:' });
    expect(code).toBe(0);
    expect(stdout.trimEnd()).toBe(text.slice(0, text.indexOf(stop)).trimEnd());
  });

  it('rondo generate passes the sampling options on', async () => {
    const text = async (...args: string[]) => (await rondoHere([...romeo, ...args])).stdout;
    const greedy = await text('--temperature', '0');
    expect(await text('--temperature', '9', '--top-k', '1')).toBe(greedy);
    expect(await text('--temperature', '9', '--top-p', '1e-9')).toBe(greedy);
    expect(await text('--temperature', '9', '--min-p', '1')).toBe(greedy);
    expect(await text('--temperature', '0', '--repeat-penalty', '5')).not.toBe(greedy);
    expect(await text('--seed', '8')).not.toBe(await text());
  });

  it('rondo generate passes all options of sampling on, in names of llama.cpp', async () => {
    const ids = async (...args: string[]) => {
      const { code, stdout, stderr } = await rondoHere([...romeo, '--json', ...args]);
      expect([code, stderr]).toEqual([0, '']);
      return (JSON.parse(stdout) as Report).tokenIds;
    };
    const plain = await ids();
    const same = [
      ['--samplers', 'penalties;dry;top_n_sigma;top_k;typ_p;top_p;min_p;xtc;temperature'],
      ['--samplers', 'top-k;top-p;min-p;temp'],
      ['--typical', '1', '--top-n-sigma', '0', '--mirostat', '0', '--adaptive-target', '-1'],
      ['--dry-sequence-breaker', 'none', '--dynatemp-exp', '2', '--xtc-threshold', '0.3'],
    ];
    for (const args of same) expect([args, await ids(...args)]).toEqual([args, plain]);
    const others = [
      ['--frequency-penalty', '2'],
      ['--presence-penalty', '2', '--repeat-last-n', '200'],
      ['--dry-multiplier', '5', '--dry-base', '3', '--dry-allowed-length', '1', '--dry-penalty-last-n', '99'],
      ['--top-n-sigma', '0.2'],
      ['--typical', '0.1'],
      ['--xtc-probability', '1', '--xtc-threshold', '0.02'],
      ['--dynatemp-range', '0.7', '--dynatemp-exp', '0.5'],
      ['--mirostat', '2', '--mirostat-ent', '2', '--mirostat-lr', '0.3'],
      ['--adaptive-target', '0.1', '--adaptive-decay', '0.5'],
      ['--logit-bias', `${plain[0]}-inf`, '--logit-bias', '25+1.5'],
      ['--samplers', 'temperature;topK'],
    ];
    for (const args of others) expect([args, await ids(...args)]).not.toEqual([args, plain]);
    expect(await ids('--logit-bias', `${plain[0]}-inf`)).not.toContain(plain[0]);
  });

  it('rondo generate --logprobs adds the log probability of each token to the JSON', async () => {
    const args = [...romeo, '--temperature', '0', '--json', '--logprobs', '2'];
    const { tokenIds, logprobs } = JSON.parse((await rondoHere(args)).stdout) as Report & {
      readonly logprobs: readonly { readonly id: number; readonly top: readonly unknown[] }[];
    };
    expect(logprobs.map(({ id }) => id)).toEqual(tokenIds);
    for (const { top, ...chosen } of logprobs) {
      expect(top).toHaveLength(2);
      expect(top[0]).toEqual(chosen);
      expect(typesOf(chosen)).toEqual({ id: 'number', text: 'string', bytes: ['number'], logprob: 'number' });
    }
  });

  it('rondo generate fills in between --prefix and --suffix; texts come from arguments, files and stdin', async () => {
    const ids = ['pre=int:900', 'suf=int:901', 'mid=int:902'].flatMap((id) => {
      const [name = '', value = ''] = id.split('=');
      return ['--override-kv', `tokenizer.ggml.fim_${name}_token_id=${value}`];
    });
    const path = join(folder, 'prefix.txt');
    await writeFile(path, 'ROMEO:');
    const common = ['generate', 'demo', '-n', '4', '--temperature', '0', '--json', ...ids];
    const reports = await Promise.all([
      rondoHere([...common, '--prefix', 'ROMEO:', '--suffix', 'love']),
      rondoHere([...common, '--prefix-file', path, '--suffix', '-'], { input: 'love' }),
    ]);
    for (const { code, stdout } of reports) {
      expect(code).toBe(0);
      const { promptTokenIds } = JSON.parse(stdout) as Report;
      expect([promptTokenIds[1], promptTokenIds.includes(901), promptTokenIds.at(-1)]).toEqual([
        900,
        true,
        902,
      ]);
      expect(await decode(promptTokenIds.filter((id) => id < 900 || id > 902))).toBe('ROMEO:love');
    }
    const { code, stderr } = await rondoHere(['generate', 'demo', '--prefix', 'a', '--suffix', 'b']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('fim_pre_token_id')]);
  });

  it('rondo generate ends at Ctrl-C with exit code 130, and keeps the written text', async () => {
    const child = start(
      'generate',
      'demo',
      '-p',
      'ROMEO:',
      '-n',
      '100000',
      '--context',
      '4000',
      '--seed',
      '1',
    );
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(stdout).toMatch(/\n$/);
    expect(stderr).toMatch(/^(rondo: warning: A context of 4000 [^\n]*\n)?$/);
  });

  it('rondo generate ends with exit code 130 when aborted before it began', async () => {
    const outcome = await rondoHere(romeo, { signal: AbortSignal.abort() });
    expect(outcome).toEqual({ code: 130, stdout: '', stderr: '' });
  });

  it('rondo generate ends without an error when its output is no longer read', async () => {
    const child = start(
      'generate',
      'demo',
      '-p',
      'ROMEO:',
      '-n',
      '100000',
      '--context',
      '4000',
      '--seed',
      '1',
    );
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stderr).toMatch(/^(rondo: warning: A context of 4000 [^\n]*\n)?$/);
  });
});

describe('a failure: exit code 1, one line on stderr, nothing on stdout', () => {
  it('a budget that is too small fails with the needed bytes, and exactly these bytes suffice', async () => {
    const args = [...romeo, '--context', '128'];
    const failed = await rondo([...args, '--memory', '1MiB']);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    const [, needed = ''] =
      /^rondo: .*at least (\d+) bytes.* 1048576 were granted.*\(BUDGET_TOO_SMALL\)\n$/.exec(failed.stderr) ??
      [];
    expect((await rondoHere([...args, '--memory', needed])).code).toBe(0);
    expect((await rondoHere([...args, '--memory', String(Number(needed) - 1)])).code).toBe(1);
  });

  it.each(['generate', 'inspect'])(
    '%s: a file that is no GGUF, is cut off, or is not there',
    async (command) => {
      const rest = command === 'generate' ? ['-p', 'x', '--json'] : ['--json'];
      const fails = async (path: string, code: string) => {
        const outcome = await rondoHere([command, path, ...rest]);
        expect(outcome).toMatchObject({ code: 1, stdout: '' });
        expect(outcome.stderr).toMatch(new RegExp(`^rondo: .*\\(${code}\\)\\n$`));
      };
      const page = join(folder, 'page.gguf');
      await writeFile(page, '<!doctype html><title>Not found</title>');
      await fails(page, 'BAD_MAGIC');
      const cut = join(folder, 'cut.gguf');
      await writeFile(cut, (await readFile(demoModelUrl)).subarray(0, 20_000));
      await fails(cut, 'TRUNCATED');
      await fails(join(folder, 'absent.gguf'), 'READ_FAILED');
    },
  );

  it('a missing GPU is exit code 1 with one line on stderr', async () => {
    const env = { ...process.env, VK_ICD_FILENAMES: join(folder, 'no-driver.json') };
    const outcome = await rondo(['generate', 'demo', '-p', 'x', '--backend', 'webgpu'], '', env);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(
      /rondo: There is no WebGPU adapter here.*use the CPU backend\. \(UNSUPPORTED\)\n$/s,
    );
  });

  it('a failure shows the stack with --debug only', async () => {
    const args = ['generate', join(folder, 'absent.gguf'), '-p', 'x'];
    expect((await rondoHere(args)).stderr).not.toMatch(/^ {4}at /m);
    expect((await rondoHere([...args, '--debug'])).stderr).toMatch(/^ {4}at /m);
  });
});
