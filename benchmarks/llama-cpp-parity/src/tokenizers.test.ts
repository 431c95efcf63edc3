// Compares ids and texts of Rondo's tokenizers with llama.cpp's own, live: all vocabularies that come with llama.cpp, and
// each pre-tokenizer and tokenizer by name on a synthetic vocabulary.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeGguf, readGguf, type MetadataValue } from '@rondo/gguf';
import { vocabularyOf } from '@rondo/model';
import { memory } from '@rondo/source';
import { llamaCppPath } from '@rondo/testkit';
import { createTokenizer, preTokenizerNames, tokenizerModelNames, type Tokenizer } from '@rondo/tokenizer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { someTexts } from './generated-texts.ts';
import { startLlamaCppTokenizers, type LlamaCppTokenizer } from './llama-cpp-tokenizer.ts';
import {
  bytesVocabulary,
  charactersVocabulary,
  escapedVocabulary,
  scoredVocabulary,
  type SyntheticVocabulary,
} from './synthetic-vocabularies.ts';

const textCount = 2000;
const texts = someTexts(1, textCount);
/**
 * The same texts, most of them joined: llama.cpp compiles its expressions anew for each text, which takes up to 10 ms.
 * The first texts stay apart, so that the ends of texts are compared, too.
 */
const joinedTexts = [
  ...texts.slice(0, 100),
  ...Array.from({ length: (textCount - 100) / 50 }, (_, group) =>
    texts.slice(100 + group * 50, 150 + group * 50).join('\n'),
  ),
];
/** Enough texts to tell that two names are the same. */
const aliasTexts = texts.slice(0, 60);

let folder = '';
let llamaCpp: Awaited<ReturnType<typeof startLlamaCppTokenizers>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-tokenizers-'));
  llamaCpp = await startLlamaCppTokenizers();
});
afterAll(async () => {
  await llamaCpp[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Pair extends AsyncDisposable {
  readonly ours: Tokenizer;
  readonly theirs: LlamaCppTokenizer;
}

async function openBoth(path: string): Promise<Pair> {
  const ours = createTokenizer(vocabularyOf(await readGguf(memory(await readFile(path)))));
  const theirs = await llamaCpp.open(path);
  return { ours, theirs, [Symbol.asyncDispose]: () => theirs[Symbol.asyncDispose]() };
}

/**
 * What llama.cpp does to decoded texts of some vocabularies, and Rondo never does: it drops spaces before punctuation,
 * around a lone apostrophe and before some contractions.
 */
const cleaned = (text: string): string =>
  text
    .replaceAll(/ (?=[?!.,])/g, '')
    .replaceAll(" ' ", "'")
    .replaceAll(/ (?='(?:[sm]|re|ve))/g, '');

/** Expects the same ids for each text, and the same text for these ids; `start` as in `DecodeOptions`. */
function expectSame(
  { ours, theirs }: Pair,
  texts: readonly string[],
  { start = true, decode = true } = {},
): void {
  expect(ours.addsBos).toBe(theirs.addsBos);
  const plain = ours.encode('a .', { addBos: false });
  const isCleaned = !theirs.detokenize([...plain], false).includes(' .');
  for (const [index, text] of texts.entries()) {
    const special = index % 3 === 0;
    const ids = theirs.tokenize(text, special);
    expect([text, idsOf(ours, text, special)]).toEqual([text, ids]);
    if (!decode) continue;
    // After a token that begins a text, llama.cpp leaves the space that it has added.
    const decoded = ours.decode(ids, { special, start: start && !ours.isControl(ids[0] ?? 0) });
    expect([text, isCleaned ? cleaned(decoded) : decoded]).toEqual([text, theirs.detokenize(ids, special)]);
  }
}

/** The ids without the ids that are added before and after a text. */
const idsOf = (tokenizer: Tokenizer, text: string, special: boolean): number[] => [
  ...tokenizer.encode(text, { addBos: false, special }),
];

async function written(
  name: string,
  { tokens, tokenTypes, scores, merges }: SyntheticVocabulary,
  more: Readonly<Record<string, MetadataValue | undefined>>,
): Promise<string> {
  const metadata: Record<string, MetadataValue | undefined> = {
    'general.architecture': { type: 'string', value: 'llama' },
    'tokenizer.ggml.tokens': { type: 'array', of: 'string', value: tokens },
    'tokenizer.ggml.token_type': { type: 'array', of: 'i32', value: Int32Array.from(tokenTypes) },
    'tokenizer.ggml.scores': scores && { type: 'array', of: 'f32', value: Float32Array.from(scores) },
    'tokenizer.ggml.merges': merges && { type: 'array', of: 'string', value: merges },
    'tokenizer.ggml.bos_token_id': { type: 'u32', value: Math.max(tokens.indexOf('<s>'), 0) },
    'tokenizer.ggml.eos_token_id': { type: 'u32', value: Math.max(tokens.indexOf('</s>'), 0) },
    ...more,
  };
  const path = join(folder, `${name}.gguf`);
  const entries = Object.entries(metadata).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  await writeFile(path, await encodeGguf({ metadata: entries, tensors: [] }));
  return path;
}

const text = (value: string): MetadataValue => ({ type: 'string', value });
const flag = (value: boolean): MetadataValue => ({ type: 'bool', value });

const marked = charactersVocabulary(true);
const unmarked = charactersVocabulary(false);

describe('vocabularies of llama.cpp', async () => {
  const names = (await readdir(llamaCppPath('models')))
    .map((file) => /^ggml-vocab-(.*)\.gguf$/.exec(file)?.[1])
    .filter((name) => name !== undefined);

  it('llama.cpp brings 19 vocabularies', () => {
    expect(names).toHaveLength(19);
  });

  it.each(names)(`%s: ids and texts of ${textCount} generated texts`, async (name) => {
    await using pair = await openBoth(llamaCppPath(`models/ggml-vocab-${name}.gguf`));
    const isWordPiece = name === 'bert-bge';
    // llama.cpp replaces a whole Hangul syllable by its first letter; the model was trained with all letters.
    const known = isWordPiece ? texts.map((text) => text.replaceAll(/[\uac00-\ud7a3]/g, '')) : texts;
    // llama.cpp also leaves WordPiece's space before a text.
    expectSame(pair, known, { start: !isWordPiece });
    const { ours, theirs } = pair;
    const ids = Array.from({ length: ours.vocabularySize }, (_, id) => id);
    // Calls for each id of each vocabulary would take seconds.
    const control = ids.filter((id) => ours.isControl(id) || ours.isEndOfGeneration(id));
    expect(control.filter(ours.isEndOfGeneration)).toEqual(control.filter(theirs.isEndOfGeneration));
    expect(ours.fillIn).toEqual(theirs.fillIn);
    // llama.cpp does not count WordPiece's separator as an end of a text.
    const ends = ours.encode('a').at(-1) !== ours.encode('a', { addBos: false }).at(-1);
    expect(ends).toBe(theirs.addsEos || isWordPiece);
  });
});

describe('pre-tokenizers', () => {
  const bytes = bytesVocabulary();
  const vocabularyFor: Readonly<Record<string, SyntheticVocabulary>> = {
    gemma4: marked,
    'granite-embed-multi-311m': marked,
    'sarvam-moe': marked,
    whitespace: unmarked,
  };
  /** The names that gave the same ids, by these ids. */
  const namesOfIds = new Map<string, string[]>();

  it.each(preTokenizerNames)('%s: ids and texts of generated texts', async (name) => {
    const path = await written(name, vocabularyFor[name] ?? bytes, {
      // In texts with consecutive spaces, llama.cpp ends the process for `gpt2` with the pre-tokenizer `whitespace`.
      'tokenizer.ggml.model': text(name === 'whitespace' ? 'whitespace' : 'gpt2'),
      'tokenizer.ggml.pre': text(name),
    });
    await using pair = await openBoth(path);
    const ids = JSON.stringify(texts.slice(0, 400).map((text) => idsOf(pair.ours, text, false)));
    const names = namesOfIds.get(ids) ?? [];
    namesOfIds.set(ids, [...names, name]);
    // Here llama.cpp decodes tokens of characters as if they were tokens of bytes.
    expectSame(pair, names.length === 0 ? joinedTexts : aliasTexts, { decode: name !== 'whitespace' });
  });

  it('the generated texts tell the pre-tokenizers apart', () => {
    const names = [...namesOfIds.values()];
    expect(names.flat()).toEqual(expect.arrayContaining([...preTokenizerNames]));
    expect(names).toHaveLength(32);
  });

  it("all of llama.cpp's pre-tokenizer names are known, and no others", async () => {
    const source = await readFile(llamaCppPath('src/llama-vocab.cpp'), 'utf8');
    const names = new Set(Array.from(source.matchAll(/tokenizer_pre == "([^"]+)"/g), ([, name]) => name));
    expect(names.size).toBeGreaterThan(80);
    expect(preTokenizerNames.toSorted()).toEqual([...names].toSorted());
  });
});

describe('tokenizers', () => {
  const models: readonly (readonly [
    string,
    string,
    () => SyntheticVocabulary,
    Readonly<Record<string, MetadataValue>>,
  ])[] = [
    ['gemma4', 'gemma4', () => marked, {}],
    ['whitespace without capitals', 'whitespace', () => unmarked, { 'tokenizer.ggml.pre': text('gpt-2') }],
    ['llama', 'llama', scoredVocabulary, {}],
    [
      'llama without a space in front',
      'llama',
      scoredVocabulary,
      { 'tokenizer.ggml.add_space_prefix': flag(false) },
    ],
    ['t5', 't5', scoredVocabulary, {}],
    ['t5 with a space in front', 't5', scoredVocabulary, { 'tokenizer.ggml.add_space_prefix': flag(true) }],
    [
      't5 with runs of spaces as one',
      't5',
      scoredVocabulary,
      { 'tokenizer.ggml.remove_extra_whitespaces': flag(true) },
    ],
    ['rwkv', 'rwkv', escapedVocabulary, {}],
  ];
  it.each(models)('%s: ids and texts of generated texts', async (name, model, vocabulary, more) => {
    const path = await written(name, vocabulary(), { 'tokenizer.ggml.model': text(model), ...more });
    await using pair = await openBoth(path);
    expectSame(pair, texts, { decode: model !== 'whitespace' });
    expect(pair.ours.encode('a').at(-1) === pair.ours.eosId).toBe(pair.theirs.addsEos);
  });

  it('each tokenizer by name is compared with llama.cpp', () => {
    const compared = new Set([...models.map(([, model]) => model), 'gpt2', 'bert']);
    expect([...compared].toSorted()).toEqual(tokenizerModelNames.toSorted());
  });
});
