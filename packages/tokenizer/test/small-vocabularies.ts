// Vocabularies small enough to reason about, one of each kind, with control tokens that plain text could spell.
import { tokenType, type Vocabulary } from '../src/index.ts';

const { byte, control, normal, unknown, unused, userDefined } = tokenType;

function printable(b: number): boolean {
  return (b > 32 && b < 127) || (b > 160 && b < 256 && b !== 173);
}

// The alphabet of GPT-2 written anew, so that a mistake in the package's own table shows.
function gpt2Alphabet(): string[] {
  const others = Array.from({ length: 256 }, (_, b) => b).filter((b) => !printable(b));
  return Array.from({ length: 256 }, (_, b) =>
    String.fromCodePoint(printable(b) ? b : 256 + others.indexOf(b)),
  );
}

/** All bytes, "he", "ll", "hell", " w", and the control tokens `</s>` and `STOP`, which are also results of merges. */
export function smallBpe(): Vocabulary {
  const tokens = [
    ...gpt2Alphabet(),
    'he',
    'll',
    'hell',
    'Ġw',
    '</',
    's>',
    '</s>',
    '<|im_end|>',
    '<tool>',
    'ST',
    'OP',
    'STOP',
  ];
  return {
    model: 'gpt2',
    pre: 'gpt-2',
    tokens,
    tokenTypes: tokens.map((text) =>
      ['</s>', '<|im_end|>', 'STOP'].includes(text) ? control : text === '<tool>' ? userDefined : normal,
    ),
    merges: ['S T', 'O P', 'ST OP', 'h e', 'l l', 'he ll', 'Ġ w', '< /', 's >', '</ s>'],
    bosId: tokens.indexOf('</s>'),
    eosId: tokens.indexOf('</s>'),
  };
}

const byteTexts = (): string[] =>
  Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);

/** SentencePiece with byte tokens, a few words, and `</s>` reachable by joining "</" and "s>". */
export function smallSentencePiece(): Vocabulary {
  const words = ['▁', 'h', 'e', 'l', 'o', 'w', '<', '/', 's', '>', '0', 'x', '4', '1'];
  const joined = ['he', 'll', 'hell', '▁w', '▁▁', '</', 's>', '<0', 'x4', '1>', 'x41>', 'q\u0301', '<tool>'];
  const tokens = ['<unk>', '<s>', '</s>', ...byteTexts(), ...words, ...joined];
  return {
    model: 'llama',
    tokens,
    tokenTypes: tokens.map((text, id) => {
      if (id === 0) return unknown;
      if (id < 3) return control;
      if (id < 259) return byte;
      return text === '<tool>' ? userDefined : normal;
    }),
    scores: tokens.map((_, id) => (id < 259 ? 0 : -id)),
    bosId: 1,
    eosId: 2,
    unknownId: 0,
  };
}

/** Characters and byte tokens, runs of line ends, and the control token `</s>`, which is also a result of merges. */
export function smallCharacterBpe(): Vocabulary {
  const words = ['▁', 'h', 'e', 'l', 'o', 'w', '<', '/', 's', '>', 'é', '\n'];
  const joined = ['he', 'll', 'hell', '▁w', '▁▁', '</', 's>', '\n\n', '\n\n\n', '<tool>'];
  const tokens = ['<pad>', '<bos>', '</s>', ...byteTexts(), ...words, ...joined];
  return {
    model: 'gemma4',
    tokens,
    tokenTypes: tokens.map((text, id) => {
      if (id < 3) return control;
      if (id < 259) return byte;
      return text === '<tool>' ? userDefined : normal;
    }),
    merges: ['h e', 'l l', 'he ll', '▁ w', '▁ ▁', '< /', 's >', '</ s>'],
    bosId: 1,
    eosId: 2,
  };
}

/** Unigram in which "hell" and "o" together are likelier than "he" and "llo". */
export function smallUnigram(): Vocabulary {
  const scored = {
    '▁': -3,
    h: -5,
    e: -5,
    l: -5,
    o: -4,
    he: -3,
    llo: -4,
    hell: -2,
    '▁w': -3,
    '▁hell': -9,
    s: -6,
    '<': -6,
  };
  const tokens = ['<pad>', '</s>', '<unk>', ...Object.keys(scored), '<tool>', 'unused'];
  const types = [control, control, unknown, ...Object.keys(scored).map(() => normal), userDefined, unused];
  return {
    model: 't5',
    tokens,
    tokenTypes: types,
    scores: [0, 0, 0, ...Object.values(scored), -1, -20],
    eosId: 1,
    unknownId: 2,
  };
}

/** All bytes as Python prints them, a few words, and the control token `</s>`. */
export function smallRwkv(): Vocabulary {
  const bytes = Array.from({ length: 256 }, (_, b) => {
    if (b === 92) return '\\\\';
    if (b >= 32 && b < 127) return String.fromCharCode(b);
    return `\\x${b.toString(16).padStart(2, '0')}`;
  });
  const tokens = [
    '</s>',
    ...bytes,
    'he',
    'hell',
    'hello',
    ' w',
    String.raw`\n\n`,
    String.raw`\xe4\xbd`,
    '<tool>',
    '<|im_end|>',
  ];
  return {
    model: 'rwkv',
    tokens,
    tokenTypes: tokens.map((text) =>
      ['</s>', '<|im_end|>'].includes(text) ? control : text === '<tool>' ? userDefined : normal,
    ),
    bosId: 0,
    eosId: 0,
  };
}

/** WordPiece with "play", "ing", "the" and a comma. */
export function smallWordPiece(): Vocabulary {
  const tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '▁play', 'ing', '▁the', '▁,', '▁cafe'];
  return {
    model: 'bert',
    tokens,
    tokenTypes: tokens.map((text) => (text.startsWith('[') ? control : normal)),
    bosId: 2,
    unknownId: 1,
    separatorId: 3,
  };
}
