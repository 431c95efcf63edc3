// Coverage-guided fuzzing of the reader: 2,000 inputs here, or RONDO_FUZZ_SECONDS for a long run. With RONDO_FUZZ_KEEP=1
// the corpus is replaced by the inputs that the run kept: as few and as short inputs as reach the same code.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isRondoError } from '@rondo/errors';
import { memory } from '@rondo/source';
import { fuzz, fuzzEffort, fuzzTimeoutMs, isLongFuzz, type FuzzOptions } from '@rondo/testkit/fuzz';
import { expect, it } from 'vitest';
import { encodeGguf, readGguf, type Gguf } from './index.ts';
import { createLedger } from './ledger.ts';
import { readHeader } from './read.ts';

const corpusFolder = new URL('test-support/fuzz-corpus/', import.meta.url);

/** The codes that `readGguf` promises to throw for a bad file. */
const promised = new Set([
  'TRUNCATED',
  'BAD_MAGIC',
  'UNSUPPORTED_VERSION',
  'LIMIT',
  'BAD_KEY',
  'BAD_TYPE',
  'BAD_ALIGNMENT',
  'BAD_SHAPE',
  'BAD_NAME',
  'BAD_OFFSET',
]);

/** Reads the input. If that succeeds, writes the result, which must read back as the same. */
async function readAndWrite(input: Uint8Array): Promise<string> {
  const startMs = performance.now();
  const ledger = createLedger(Infinity);
  try {
    const gguf = await readHeader(memory(input), {}, ledger);
    const tensors = [...gguf.tensors.values()].map((tensor) => ({ ...tensor, data: dataOf(input, tensor) }));
    const copy = await rewritten(gguf, tensors);
    if (copy !== undefined) expectSame(gguf, tensors, copy, await readGguf(memory(copy)));
    return `version ${gguf.version}`;
  } catch (error) {
    if (isRondoError(error) && promised.has(error.code)) return error.code;
    throw error;
  } finally {
    // Memory is limited by the number of input bytes; ledger.test.ts checks whether the ledger is true.
    expect(ledger.bytes).toBeLessThanOrEqual(20 * input.length + 2 ** 20);
    expect(performance.now() - startMs).toBeLessThan(10_000);
  }
}

type Tensor = Gguf['tensors'] extends ReadonlyMap<string, infer T> ? T & { data: Uint8Array } : never;

function dataOf(bytes: Uint8Array, tensor: { offset: number; bytes: number }): Uint8Array {
  return bytes.subarray(tensor.offset, tensor.offset + tensor.bytes);
}

/** The file, written again. Undefined if a name is too long, because U+FFFD has replaced bytes that are not UTF-8. */
async function rewritten(gguf: Gguf, tensors: readonly Tensor[]): Promise<Uint8Array | undefined> {
  try {
    return await encodeGguf({ metadata: gguf.metadata, tensors });
  } catch (error) {
    const longer = isRondoError(error) && (error.code === 'BAD_NAME' || error.code === 'BAD_KEY');
    if (longer && [...gguf.metadata.keys(), ...gguf.tensors.keys()].join().includes('\ufffd'))
      return undefined;
    throw new Error('cannot be written', { cause: error });
  }
}

function expectSame(first: Gguf, tensors: readonly Tensor[], copy: Uint8Array, second: Gguf): void {
  const same = isDeepStrictEqual([...first.metadata], [...second.metadata]);
  const sameTensors = isDeepStrictEqual(
    tensors.map(({ name, dtype, shape, data }) => ({ name, dtype, shape, data })),
    [...second.tensors.values()].map((tensor) => {
      const { name, dtype, shape } = tensor;
      return { name, dtype, shape, data: dataOf(copy, tensor) };
    }),
  );
  if (!same || !sameTensors) throw new Error('reads back as something else');
}

it(
  'the reader ends with a model or a promised error for any bytes',
  {
    timeout: fuzzTimeoutMs,
  },
  async () => {
    const options: FuzzOptions = {
      target: readAndWrite,
      seeds: await corpus(),
      covers: '/packages/gguf/src/',
      effort: fuzzEffort(2000),
      maxBytes: 4096,
    };
    const result = await fuzz(options);
    const { executions, coveredCharacters, outcomes, finding } = result;
    if (finding !== undefined) {
      const path = join(await mkdtemp(join(tmpdir(), 'rondo-fuzz-')), 'input.gguf');
      await writeFile(path, finding.input);
      throw new Error(`The reader fails on ${path}`, { cause: finding.error });
    }
    if (isLongFuzz) {
      console.log(`${executions} inputs, ${coveredCharacters} characters of source reached; how they ended:`);
      console.log(Object.fromEntries(outcomes));
    }
    if (process.env['RONDO_FUZZ_KEEP']) {
      const shortFirst = result.corpus.toSorted((a, b) => a.length - b.length);
      await replaceCorpus((await fuzz({ ...options, seeds: shortFirst, effort: { inputs: 0 } })).corpus);
    }
    // The corpus contains all outcomes; a missing outcome means that the target no longer distinguishes it.
    expect([...outcomes.keys()].toSorted()).toEqual([...promised, 'version 2', 'version 3'].toSorted());
  },
);

async function corpus(): Promise<Uint8Array[]> {
  const names = await readdir(corpusFolder);
  return Promise.all(names.map(async (name) => new Uint8Array(await readFile(new URL(name, corpusFolder)))));
}

async function replaceCorpus(inputs: readonly Uint8Array[]): Promise<void> {
  await rm(corpusFolder, { recursive: true });
  await mkdir(corpusFolder);
  for (const input of inputs) {
    const name = createHash('sha256').update(input).digest('hex').slice(0, 12);
    await writeFile(new URL(`${name}.gguf`, corpusFolder), input);
  }
}
