// The pre-tokenizers by name: one line for each name that llama.cpp writes into `tokenizer.ggml.pre`, with the behaviour
// that the name implies. The expressions are in word-expressions.ts.
import { quoted, RondoError } from '@rondo/errors';
import { afterDigitGroups, beforeDigitGroups, compileExpression, type Cut } from './split-words.ts';
import {
  afmoeScripts,
  bloom,
  cased,
  chameleon,
  cjk,
  deepseek3,
  deepseekCoder,
  deepseekLlm,
  defaults,
  exaoneMoe,
  falcon,
  gpt2,
  gpt4o,
  graniteEmbedding,
  jais2,
  kimiK2,
  llama3,
  newlineRuns,
  qwen35,
  seedCoder,
  spark,
  ufakzeka,
  uncased,
  youtuScripts,
} from './word-expressions.ts';

/** The behaviour that a name implies besides where words are cut. */
interface Behaviour {
  /** Which words that are tokens are taken whole, even if merging would give other tokens. Default: none. */
  readonly ignoreMerges?: 'all' | 'newlines';
  /** Whether a text begins with the beginning-of-text token. `true`: if the metadata does not say. `always`: in any case. */
  readonly addBos?: true | 'always';
  /** The alphabet of the tokens: `bytes` in GPT-2's alphabet, the default, or plain `characters`. */
  readonly alphabet?: 'characters';
  /** Whether U+2581 stands for spaces. */
  readonly marksSpaces?: true;
  /** Whether `tokenizer.ggml.merges` may be missing. */
  readonly needsNoMerges?: true;
  /** Whether the tokenizer `whitespace` keeps capital letters if the metadata does not say. */
  readonly keepsCase?: true;
}

/** How a text is cut, and the other behaviour that the name implies. */
export interface PreTokenizer extends Behaviour {
  /** Applied one after another, each to the pieces of the previous cut. Text outside all matches is a piece too. */
  readonly cuts: readonly Cut[];
}

interface Entry extends Behaviour {
  readonly names: readonly string[];
  readonly cuts: readonly (string | Exclude<Cut, RegExp>)[];
}

const digit = String.raw`\p{N}`;
const digits = String.raw`\p{N}+`;
const upTo3Digits = String.raw`\p{N}{1,3}`;

const entries: readonly Entry[] = [
  { names: ['default'], cuts: defaults },
  { names: ['gpt-2', 'phi-2', 'mpt', 'olmo', 'jais', 'trillion', 'granite-docling'], cuts: [gpt2] },
  { names: ['exaone4', 'gigachat', 'a.x-4.0', 'mellum', 'modern-bert'], cuts: [gpt2] },
  { names: ['jina-es', 'jina-de', 'jina-v2-es', 'jina-v2-de'], cuts: [gpt2] },
  { names: ['jina-v1-en', 'jina-v2-code', 'roberta-bpe'], cuts: [gpt2] },
  { names: ['starcoder', 'refact', 'command-r', 'smollm', 'codeshell'], cuts: [digit, gpt2] },
  { names: ['exaone', 'minerva-7b', 'mellum2'], cuts: [digit, gpt2] },
  { names: ['falcon'], cuts: falcon },
  {
    names: [
      'llama-bpe',
      'llama3',
      'llama-v3',
      'falcon3',
      'falcon-h1',
      'pixtral',
      'midm-2.0',
      'lfm2',
      'jina-v5-nano',
    ],
    cuts: [llama3(upTo3Digits)],
    ignoreMerges: 'all',
    addBos: true,
  },
  { names: ['dbrx', 'smaug-bpe', 'glm4', 'chatglm-bpe'], cuts: [llama3(upTo3Digits)] },
  { names: ['minicpm5'], cuts: [upTo3Digits, llama3(digits)], ignoreMerges: 'all' },
  { names: ['jais-2'], cuts: [jais2] },
  { names: ['qwen2', 'deepseek-r1-qwen', 'kormo', 'megrez', 'f2llmv2'], cuts: [llama3(digit)] },
  { names: ['bailingmoe', 'bailingmoe2', 'llada-moe'], cuts: [llama3(digit)] },
  { names: ['stablelm2', 'hunyuan', 'solar-open', 'grok-2'], cuts: [llama3(digit)] },
  { names: ['laguna'], cuts: [newlineRuns, llama3(digit)] },
  { names: ['qwen35'], cuts: [qwen35] },
  { names: ['ufakzeka'], cuts: [ufakzeka] },
  { names: ['seed-coder'], cuts: [seedCoder] },
  { names: ['exaone-moe'], cuts: [exaoneMoe] },
  { names: ['kimi-k2'], cuts: [kimiK2], needsNoMerges: true },
  { names: ['deepseek-llm'], cuts: deepseekLlm },
  { names: ['deepseek-coder'], cuts: deepseekCoder },
  { names: ['deepseek-v3', 'hunyuan-dense', 'joyai-llm', 'hy_v4'], cuts: [upTo3Digits, cjk, deepseek3] },
  { names: ['spark2_5'], cuts: [upTo3Digits, cjk, spark, digit] },
  { names: ['afmoe'], cuts: [afterDigitGroups, afmoeScripts, deepseek3] },
  { names: ['tekken'], cuts: [cased('', digit)], ignoreMerges: 'all', addBos: true },
  { names: ['gpt-4o', 'llama4', 'kanana2', 'talkie', 'minimax-m2'], cuts: [gpt4o] },
  { names: ['granite-embed-multi-97m'], cuts: [graniteEmbedding], ignoreMerges: 'all' },
  { names: ['tiny_aya', 'cohere2moe'], cuts: [afterDigitGroups, uncased(upTo3Digits)] },
  { names: ['youtu'], cuts: [youtuScripts, uncased(digit)], ignoreMerges: 'all' },
  { names: ['superbpe'], cuts: [digits, beforeDigitGroups] },
  { names: ['bloom', 'poro-chat', 'gpt3-finnish'], cuts: [bloom] },
  { names: ['viking'], cuts: [bloom, digit] },
  { names: ['chameleon'], cuts: chameleon, addBos: true },
  {
    names: ['gemma4', 'granite-embed-multi-311m'],
    cuts: [newlineRuns],
    ignoreMerges: 'newlines',
    addBos: 'always',
    alphabet: 'characters',
    marksSpaces: true,
  },
  { names: ['sarvam-moe'], cuts: [newlineRuns], alphabet: 'characters', marksSpaces: true },
  { names: ['whitespace'], cuts: [String.raw`\S+`], alphabet: 'characters', keepsCase: true },
];

const entryOfName: ReadonlyMap<string, Entry> = new Map(
  entries.flatMap((entry) => entry.names.map((name) => [name, entry] as const)),
);

/** All pre-tokenizers, by their names in GGUF's `tokenizer.ggml.pre`. */
export const preTokenizerNames: readonly string[] = [...entryOfName.keys()];

/**
 * The pre-tokenizer with a name in `tokenizer.ggml.pre`.
 *
 * @throws RondoError `UNSUPPORTED_TOKENIZER` for a name that is not in the table
 */
export function preTokenizer(name: string): PreTokenizer {
  const entry = entryOfName.get(name);
  if (entry === undefined) {
    throw new RondoError(
      'UNSUPPORTED_TOKENIZER',
      `The pre-tokenizer ${quoted(name)} (tokenizer.ggml.pre) is not supported; supported are ${preTokenizerNames.join(', ')}.`,
      { details: { pre: name, supported: preTokenizerNames } },
    );
  }
  const { names: _, cuts, ...behaviour } = entry;
  return {
    ...behaviour,
    cuts: cuts.map((cut) => (typeof cut === 'string' ? compileExpression(cut) : cut)),
  };
}
