// The expressions by which byte-pair encodings cut text into words, as the models were trained with them and as llama.cpp
// reads them (for example, \p{Lu} means any letter there). Source: llama-vocab.cpp and unicode.cpp of v0.5.0.

const contraction = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
const anyPrefix = String.raw`[^\r\n\p{L}\p{N}]?`;
const signs = String.raw` ?[^\s\p{L}\p{N}]+`;
const spaces = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;

/** GPT-2: contractions, letters, digits and signs, each with a space in front. */
export const gpt2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+|${signs}|\s+(?!\S)|\s+`;

/** Llama 3 and expressions that differ from it only in the digits of a word. */
export const llama3 = (digits: string): string =>
  String.raw`${contraction}|${anyPrefix}\p{L}+|${digits}|${signs}[\r\n]*|${spaces}`;

/** Llama 3 with runs of white space cut into powers of two. */
export const jais2 = String.raw`${contraction}|${anyPrefix}\p{L}+|\p{N}{1,3}|${signs}[\r\n]*|\s*[\r\n]+|${[512, 256, 128, 64, 32, 16, 8, 4].map((length) => String.raw`\s{${length}}(?!\S)`).join('|')}|\s{1,2}(?!\S)|\s`;

/** Qwen 3.5: combining marks belong to their letters. */
export const qwen35 = String.raw`${contraction}|${anyPrefix}[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|${spaces}`;

/** Qwen 2 without contractions, so that Turkish suffixes stay with their apostrophe. */
export const ufakzeka = String.raw`${anyPrefix}\p{L}+|\p{N}|${signs}[\r\n]*|${spaces}`;

/** Qwen 2 with signs that take no line ends behind them. */
export const seedCoder = String.raw`${contraction}|${anyPrefix}\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|${spaces}`;

/** EXAONE's mixtures: words with single spaces between them are one word. */
export const exaoneMoe = String.raw`${contraction}|${anyPrefix}\p{L}\p{M}*(?: ?\p{L}\p{M}*)*|\p{N}|${signs}[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+`;

/** Words that begin anew at a capital letter, as in GPT-4o. */
export const cased = (suffix: string, digits: string, letter = String.raw`\p{L}`): string => {
  const upper = `(?:(?=${letter})[^a-z])`;
  const lower = `(?:(?=${letter})[^A-Z])`;
  return String.raw`${anyPrefix}${upper}*${lower}+${suffix}|${anyPrefix}${upper}+${lower}*${suffix}|${digits}|${signs}[\r\n/]*|${spaces}`;
};

/** GPT-4o. */
export const gpt4o = cased(`${contraction}?`, String.raw`\p{N}{1,3}`);

/** Granite's embeddings: GPT-4o with combining marks as letters. */
export const graniteEmbedding = cased(`${contraction}?`, String.raw`\p{N}{1,3}`, String.raw`[\p{L}\p{M}]`);

/** GPT-4o, but no word begins anew at a capital letter, because llama.cpp ignores the case of letters in some expressions. */
export const uncased = (digits: string): string =>
  String.raw`${anyPrefix}[\p{L}\p{M}]+${contraction}?|${digits}|${signs}[\r\n/]*|${spaces}`;

const han = String.raw`[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\u{2CEB0}-\u{2EBEF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]`;

/** Kimi K2: ideographs apart from other letters. */
export const kimiK2 = String.raw`${han}+|${anyPrefix}(?:(?!${han})\p{L})+${contraction}?|\p{N}{1,3}|${signs}[\r\n]*|${spaces}`;

const asciiSign = String.raw`[!-/:-@\[-${'`'}{-~]`;
const deepseekWords = String.raw`${asciiSign}[A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+`;

/** Chinese and Japanese, as DeepSeek 3 keeps them together. */
export const cjk = String.raw`[\u4E00-\u9FA5\u3040-\u30FF]+`;
/** DeepSeek 3; digits and Chinese are cut off before. */
export const deepseek3 = String.raw`${deepseekWords}[\r\n]*|${spaces}`;
/** Spark: as DeepSeek 3, with single line ends. */
export const spark = String.raw`${deepseekWords}|[\r\n]|\s+(?!\S)|\s+`;

/** Scripts without spaces, as AFMoE keeps them together. Its expression has U+8C48 where U+F900 is meant. */
export const afmoeScripts = String.raw`[\u4E00-\u9FFF\u3400-\u4DBF\u8C48-\uFAFF\u3040-\u30FF\uFF65-\uFF9F\u2F00-\u2FDF\u0E40-\u0EFF\u1780-\u17FF\u1000-\u109F\uAA60-\uAA7F\uA9E0-\uA9FF\uAC00-\uD7AF\u1100-\u11FF]+`;

/** Youtu: Hangul, wide punctuation, Bopomofo, then Chinese and Japanese. */
export const youtuScripts = String.raw`[\uAC00-\uD7A3\u3131-\u318E]+|[\uFF01\u2026\u201C\u201D\u2018\u2019\u2014\uFF1A\uFF1B\uFF0C\u3001-\u303F\uFE30-\uFE4F]+|[\u3105-\u312F]+|${cjk}`;

/** BLOOM: runs without white space and without ends of sentences. */
export const bloom = String.raw` ?[^(\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+`;

// The letters that deepseek-llm keeps together, without scripts that have no case.
const deepseekLetters = String.raw`A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A\u{10400}-\u{1044F}\u{104B0}-\u{104D3}\u{104D8}-\u{104FB}\u{10C80}-\u{10CB2}\u{10CC0}-\u{10CF2}\u{118A0}-\u{118DF}\u{1E900}-\u{1E943}`;
const deepseekPunctuation = String.raw`!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3001\u3002`;
const deepseekIdeographs = String.raw`(?:(?!\s)[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF])+`;

/** The first DeepSeek models. */
export const deepseekLlm: readonly string[] = [
  String.raw`[\r\n]`,
  String.raw`\s?[${deepseekLetters}]+`,
  String.raw`\s?[${deepseekPunctuation}]+`,
  // The look-behind keeps a long run of spaces from being tried at each of its places.
  String.raw`(?<!\s)\s+$`,
  deepseekIdeographs,
  String.raw`\p{N}+`,
];
/** DeepSeek Coder. */
export const deepseekCoder: readonly string[] = [
  String.raw`[\r\n]`,
  String.raw`\s?\p{L}+`,
  String.raw`\s?\p{P}+`,
  deepseekIdeographs,
  String.raw`\p{N}`,
];
/** Chameleon: sentinels, images, indents, digits and signs are separate words. */
export const chameleon: readonly string[] = [
  '<sentinel:[0-9]+>',
  'IMGIMG[A-I]{1,4}Z',
  String.raw`[\t\n]|    |  `,
  String.raw`\p{N}`,
  String.raw`[\p{P}!-/:-@\[-${'`'}{-~]`,
  gpt2,
];
/** llama.cpp's default if a file names no pre-tokenizer. */
export const defaults: readonly string[] = [
  String.raw`[\p{P}$+<=>^~|]+`,
  gpt2,
  String.raw`\p{N}+`,
  '[0-9][0-9][0-9]',
];
/** Falcon. */
export const falcon: readonly string[] = [String.raw`[\p{P}$+<=>^~|${'`'}]+`, gpt2, '[0-9][0-9][0-9]'];
/** Lines, and runs of line ends. */
export const newlineRuns = String.raw`[^\n]+|\n+`;
