// Parses a long header with @rondo/gguf and @huggingface/gguf in turns, from the same file in the page cache.
import { isDeepStrictEqual } from 'node:util';
import { gguf as parseWithHuggingFace } from '@huggingface/gguf';
import { summarize, type Summary } from '@rondo/bench-shared';
import { readGguf, type Gguf } from '@rondo/gguf';
import { file } from '@rondo/source';
import { createVocabularyFile } from './vocabulary-file.ts';

/** Times of parsing, in milliseconds from the file's name to the data. */
export interface HeaderTimes {
  readonly fileBytes: number;
  readonly strings: number;
  readonly ours: Summary;
  /** Rondo's time including a look at every element of every array, in case reading delayed any work. */
  readonly oursTouched: Summary;
  readonly huggingFace: Summary;
}

/** Measures. @throws Error if the two parsers read different values */
export async function measureHeader(repetitions: number): Promise<HeaderTimes> {
  await using input = await createVocabularyFile();
  const parsed = await parse(input.path);
  const theirs = await parseWithHuggingFace(input.path, { allowLocalFile: true });
  const theirMetadata = new Map<string, unknown>(Object.entries(theirs.metadata));
  for (const [key, entry] of parsed.metadata) expectSame(key, entry.value, theirMetadata.get(key));
  if (theirs.tensorInfos.length !== parsed.tensors.size) throw new Error('The tensors differ.');

  const ours: number[] = [];
  const oursTouched: number[] = [];
  const huggingFace: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    ours.push(await timed(() => parse(input.path)));
    huggingFace.push(await timed(() => parseWithHuggingFace(input.path, { allowLocalFile: true })));
    oursTouched.push(await timed(async () => touch(await parse(input.path))));
  }
  return {
    fileBytes: input.bytes,
    strings: touch(parsed),
    ours: summarize(ours),
    oursTouched: summarize(oursTouched),
    huggingFace: summarize(huggingFace),
  };
}

async function parse(path: string): Promise<Gguf> {
  const source = await file(path);
  try {
    return await readGguf(source);
  } finally {
    await source.close();
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await run();
  return performance.now() - startMs;
}

/** Reads a character of every string and all numbers. @returns the number of strings */
function touch({ metadata }: Gguf): number {
  let strings = 0;
  let sum = 0;
  for (const entry of metadata.values()) {
    if (entry.type !== 'array') continue;
    for (const value of entry.value) {
      if (typeof value === 'string') {
        strings += 1;
        sum += value.charCodeAt(value.length - 1);
      } else sum += Number(value);
    }
  }
  if (Number.isNaN(sum)) throw new Error('A string is empty, or a number none.');
  return strings;
}

/** @huggingface/gguf gives arrays of numbers as plain arrays. */
function expectSame(key: string, ours: unknown, theirs: unknown): void {
  const plain = ArrayBuffer.isView(ours) ? Array.from(ours as Float32Array) : ours;
  if (!isDeepStrictEqual(plain, theirs)) throw new Error(`The two parsers read "${key}" differently.`);
}
