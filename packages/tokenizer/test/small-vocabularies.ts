// Vocabularies small enough to reason about, one of each kind, with control tokens that plain text could spell.
import { tokenType, type Vocabulary } from '../src/index.ts';

const { byte, control, normal, unknown, userDefined } = tokenType;

function printable(b: number): boolean {
  return (b > 32 && b < 127) || (b > 160 && b < 256 && b !== 173);
}

// The alphabet of GPT-2 written out anew, so that a slip in the package's own table shows.
function gpt2Alphabet(): string[] {
  const others = Array.from({ length: 256 }, (_, b) => b).filter((b) => !printable(b));
  return Array.from({ length: 256 }, (_, b) =>
    String.fromCodePoint(printable(b) ? b : 256 + others.indexOf(b)),
  );
}

/** All bytes, "he", "ll", "hell", " w", and the control tokens `</s>` and `STOP` also as ends of chains of merges. */
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

/** SentencePiece with byte tokens, a few words, and `</s>` reachable by joining "</" and "s>". */
export function smallSentencePiece(): Vocabulary {
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);
  const words = ['▁', 'h', 'e', 'l', 'o', 'w', '<', '/', 's', '>', '0', 'x', '4', '1'];
  const joined = ['he', 'll', 'hell', '▁w', '▁▁', '</', 's>', '<0', 'x4', '1>', 'x41>', 'q\u0301', '<tool>'];
  const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...words, ...joined];
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
