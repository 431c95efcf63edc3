// How byte-level BPE cuts text into words before it merges: one entry for each name that llama.cpp writes into
// `tokenizer.ggml.pre`. The expressions are those the models were trained with, as llama.cpp reads them.
import { quoted, RondoError } from '@rondo/errors';

/** How a text is cut, and what else goes with the name. */
export interface PreTokenizer {
  /** Applied one after another, each to the pieces of the one before; what no match covers is a piece too. */
  readonly expressions: readonly RegExp[];
  /** Whether a word that is a token is taken as it is, even where merging would give another spelling. */
  readonly ignoreMerges: boolean;
  /** Whether a text begins with the beginning-of-text token where the metadata does not say. */
  readonly addBos: boolean;
}

// JavaScript's \s has U+FEFF and lacks U+0085; the models' has Unicode's White_Space.
function compile(expression: string): RegExp {
  return new RegExp(
    expression
      .replaceAll(String.raw`\s`, String.raw`\p{White_Space}`)
      .replaceAll(String.raw`\S`, String.raw`\P{White_Space}`),
    'gu',
  );
}

const contraction = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
const gpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const spaces = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const llama3 = (digits: string): string =>
  String.raw`${contraction}|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|${spaces}`;
const qwen35 = String.raw`${contraction}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|${spaces}`;
const cased = (suffix: string, digits: string): string => {
  const upper = '(?:(?=\\p{L})[^a-z])';
  const lower = '(?:(?=\\p{L})[^A-Z])';
  const start = String.raw`[^\r\n\p{L}\p{N}]?`;
  return String.raw`${start}${upper}*${lower}+${suffix}|${start}${upper}+${lower}*${suffix}|${digits}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${spaces}`;
};

// The letters that deepseek-llm keeps together; scripts without case are not among them.
const deepseekLetters = String.raw`A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A\u{10400}-\u{1044F}\u{104B0}-\u{104D3}\u{104D8}-\u{104FB}\u{10C80}-\u{10CB2}\u{10CC0}-\u{10CF2}\u{118A0}-\u{118DF}\u{1E900}-\u{1E943}`;
const deepseekPunctuation = String.raw`!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3001\u3002`;
const deepseekIdeographs = String.raw`(?:(?!\s)[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF])+`;

interface Entry {
  readonly names: readonly string[];
  readonly expressions: readonly string[];
  readonly ignoreMerges?: boolean;
  readonly addBos?: boolean;
}

const entries: readonly Entry[] = [
  {
    names: ['default'],
    expressions: [String.raw`[\p{P}$+<=>^~|]+`, gpt2, String.raw`\p{N}+`, '[0-9][0-9][0-9]'],
  },
  {
    names: [
      'gpt-2',
      'phi-2',
      'mpt',
      'olmo',
      'jais',
      'exaone4',
      'gigachat',
      'a.x-4.0',
      'mellum',
      'trillion',
      'granite-docling',
    ],
    expressions: [gpt2],
  },
  {
    names: ['starcoder', 'refact', 'command-r', 'smollm', 'codeshell', 'exaone', 'minerva-7b', 'mellum2'],
    expressions: [String.raw`\p{N}`, gpt2],
  },
  { names: ['falcon'], expressions: [String.raw`[\p{P}$+<=>^~|${'`'}]+`, gpt2, '[0-9][0-9][0-9]'] },
  {
    names: ['llama-bpe', 'llama3', 'llama-v3', 'falcon3', 'falcon-h1', 'pixtral', 'midm-2.0', 'lfm2'],
    expressions: [llama3(String.raw`\p{N}{1,3}`)],
    ignoreMerges: true,
    addBos: true,
  },
  {
    names: ['dbrx', 'smaug-bpe', 'glm4', 'chatglm-bpe', 'grok-2'],
    expressions: [llama3(String.raw`\p{N}{1,3}`)],
  },
  {
    names: ['qwen2', 'deepseek-r1-qwen', 'kormo', 'megrez', 'stablelm2', 'hunyuan', 'solar-open'],
    expressions: [llama3(String.raw`\p{N}`)],
  },
  { names: ['qwen35'], expressions: [qwen35] },
  {
    names: ['deepseek-llm'],
    expressions: [
      String.raw`[\r\n]`,
      String.raw`\s?[${deepseekLetters}]+`,
      String.raw`\s?[${deepseekPunctuation}]+`,
      // Looking behind keeps a long run of spaces from being tried from each of its places.
      String.raw`(?<!\s)\s+$`,
      deepseekIdeographs,
      String.raw`\p{N}+`,
    ],
  },
  {
    names: ['deepseek-coder'],
    expressions: [
      String.raw`[\r\n]`,
      String.raw`\s?\p{L}+`,
      String.raw`\s?\p{P}+`,
      deepseekIdeographs,
      String.raw`\p{N}`,
    ],
  },
  {
    names: ['deepseek-v3', 'hunyuan-dense', 'joyai-llm'],
    expressions: [
      String.raw`\p{N}{1,3}`,
      String.raw`[\u4E00-\u9FA5\u3040-\u30FF]+`,
      String.raw`[!-/:-@\[-${'`'}{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|${spaces}`,
    ],
  },
  { names: ['tekken'], expressions: [cased('', String.raw`\p{N}`)], ignoreMerges: true, addBos: true },
  {
    names: ['gpt-4o', 'llama4', 'kanana2', 'minimax-m2'],
    expressions: [cased(`${contraction}?`, String.raw`\p{N}{1,3}`)],
  },
];

const entryOfName: ReadonlyMap<string, Entry> = new Map(
  entries.flatMap((entry) => entry.names.map((name) => [name, entry] as const)),
);

/** The pre-tokenizers there are, by the names that GGUF's `tokenizer.ggml.pre` gives them. */
export const preTokenizerNames: readonly string[] = [...entryOfName.keys()];

/**
 * The pre-tokenizer of a name in `tokenizer.ggml.pre`.
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
  return {
    expressions: entry.expressions.map(compile),
    ignoreMerges: entry.ignoreMerges ?? false,
    addBos: entry.addBos ?? false,
  };
}

/** Cuts a text into words; the words joined are the text. */
export function splitWords(text: string, expressions: readonly RegExp[]): string[] {
  let pieces = [text];
  for (const expression of expressions) {
    const cut: string[] = [];
    for (const piece of pieces) {
      let end = 0;
      for (const match of piece.matchAll(expression)) {
        if (match.index > end) cut.push(piece.slice(end, match.index));
        cut.push(match[0]);
        end = match.index + match[0].length;
      }
      if (end < piece.length) cut.push(piece.slice(end));
    }
    pieces = cut;
  }
  return pieces;
}

/** The same, one word at a time: a long text is not cut up as a whole before its first word is known. */
export function* eachWord(text: string, expressions: readonly RegExp[]): Generator<string, void, void> {
  const [expression, ...others] = expressions;
  if (expression === undefined) {
    if (text !== '') yield text;
    return;
  }
  let end = 0;
  for (const match of text.matchAll(expression)) {
    if (match.index > end) yield* eachWord(text.slice(end, match.index), others);
    yield* eachWord(match[0], others);
    end = match.index + match[0].length;
  }
  if (end < text.length) yield* eachWord(text.slice(end), others);
}
