// Random texts made of parts that tokenizers treat differently: scripts, digits, white space, emoji, marks, controls,
// contractions, special tokens. The same seed gives the same texts.

/** A random number from 0 up to, but not including, 1. */
type Random = () => number;

/** Numbers that look random, the same for each seed. Source: Mulberry32 by Tommy Ettinger, public domain. */
function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** First and last code point of letters on which all used versions of Unicode agree. */
const letters: readonly (readonly [number, number])[] = [
  [0x61, 0x7a], // Latin
  [0x61, 0x7a],
  [0x41, 0x5a],
  [0xe0, 0xf6],
  [0x100, 0x17e],
  [0x1e00, 0x1e95],
  [0x3b1, 0x3c9], // Greek
  [0x391, 0x3a1],
  [0x410, 0x44f], // Cyrillic
  [0x561, 0x586], // Armenian
  [0x10d0, 0x10f0], // Georgian
  [0x5d0, 0x5ea], // Hebrew
  [0x627, 0x63a], // Arabic
  [0x905, 0x939], // Devanagari
  [0x995, 0x9a8], // Bengali
  [0xe01, 0xe30], // Thai
  [0xe94, 0xe97], // Lao
  [0x1000, 0x1021], // Myanmar
  [0x1780, 0x17a2], // Khmer
  [0xac00, 0xd7a3], // Hangul
  [0x3131, 0x318e],
  [0x1100, 0x1112],
  [0x3041, 0x3096], // Hiragana
  [0x30a1, 0x30fa], // Katakana
  [0xff66, 0xff9d],
  [0x4e00, 0x9fa5], // Han
  [0x3400, 0x4db5],
  [0x20000, 0x2a6d6],
  [0x2f800, 0x2fa1d],
  [0xf900, 0xfa6d],
  [0x3105, 0x312d], // Bopomofo
  [0x13a0, 0x13f4], // Cherokee
  [0x10400, 0x1044f], // Deseret
  [0xff21, 0xff3a], // wide Latin
  [0x1d400, 0x1d433], // mathematical Latin
];
const digits: readonly (readonly [number, number])[] = [
  [0x30, 0x39],
  [0x30, 0x39],
  [0x30, 0x39],
  [0x660, 0x669],
  [0x966, 0x96f],
  [0xff10, 0xff19],
  [0x2070, 0x2079],
  [0x2160, 0x216b],
  [0x1d7ce, 0x1d7ff],
  [0xbc, 0xbe],
];
const spaces = [
  ' ',
  ' ',
  ' ',
  '  ',
  '   ',
  '\t',
  '\n',
  '\n',
  '\n\n',
  '\r\n',
  '\r',
  '\v',
  '\f',
  '\u00a0',
  '\u3000',
];
const rareSpaces = [...'\u2003\u0085\u2028\u2029\u1680\u202f\u205f', ' \n', '\n ', '\t \n\n '];
const signs = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'];
const wideSigns = [...'。，、！？：；「」《》…—–‘’“”¡¿§¶•·।۔،؟€£¥¢°±×÷√≤≠∑→⇒©®™№″﹏︰～'];
const emoji = '🦙 😀 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪 1️⃣ ❤️ 🤷🏻‍♀️ ✨✨'.split(' ');
const marks = [...'\u0301\u0308\u0327\u20dd\u093f\u094d\u0e34\u064b\u05b0\u3099\ufe0f\u0903'];
// Controls, formats, private and unassigned characters, and the last code point.
const controls = [
  ...'\0\u0001\u0007\u001b\u001c\u001f\u007f\u200b\u200d\u200f\u00ad\ufeff\ue000\ufffd\u0378\uffff\u{50000}\u{10ffff}',
];
/** The texts of a list separated by broken bars. */
const listed = (texts: string): string[] => texts.split('\u00a6');
const words = [
  ...listed("I'm¦don't¦WE'LL¦they're¦'tis¦y'all's¦I'VE¦'S¦it 's¦O'Neill¦l'été¦Türkiye'nin¦ ' ¦ !"),
  ...listed(
    'hello¦ world¦ the¦ Hello¦camelCaseWord¦HTTPServer¦snake_case¦ALLCAPS¦naïve¦Straße¦ΟΔΟΣ¦İstanbul',
  ),
  ...listed(
    'https://example.org/a?b=c&d=1¦for (let i = 0; i < 10; i++) {¦    return x;¦\tif a == b:¦/* */¦//',
  ),
  ...listed('e.g.¦...¦?!¦$1,234.56¦3.14159¦1234567890¦12345678¦2024-11-28¦10%'),
  ...listed('ﬁne¦Ａｂｃ¦≮¦ｶﾞ¦①②¦Ⅷ¦½¦㎏¦ǆ¦ﷺ'),
];
/** Texts of special tokens of various vocabularies, and texts that look like them. */
export const specialTexts: readonly string[] = [
  ...listed(
    '<s>¦</s>¦<unk>¦<pad>¦<mask>¦<tool>¦<|im_start|>¦<|im_end|>¦<|endoftext|>¦<|user|>¦<|assistant|>',
  ),
  ...listed(
    '<bos>¦<eos>¦<start_of_turn>¦[MASK]¦[CLS]¦[SEP]¦<0x0A>¦<0xE2>¦<sentinel:12>¦IMGIMGABCZ¦IMGIMGABCDEFZ',
  ),
  ...listed(
    '\u2581¦\u2581\u2581¦<fim_prefix>¦<|fim_pad|>¦<|¦|>¦</¦<unused1>¦<|begin_of_text|>¦<\uff5cbegin\u2581of\u2581sentence\uff5c>',
  ),
];

/** An endless sequence of texts. */
function* generatedTexts(seed: number): Generator<string, never, void> {
  const random = seeded(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const oneOf = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const repeated = (most: number, make: () => string): string =>
    Array.from({ length: 1 + below(most) }, make).join('');
  const within = ([first, last]: readonly [number, number]): string =>
    String.fromCodePoint(first + below(last - first + 1));

  const word = (): string => {
    const script = oneOf(letters);
    return repeated(8, () => within(script));
  };
  const number = (): string => {
    const script = oneOf(digits);
    return repeated(11, () => within(script));
  };
  const kinds: readonly (() => string)[] = [
    word,
    word,
    () => ` ${word()}`,
    () => ` ${word()}`,
    () => oneOf(words),
    () => oneOf(words),
    number,
    () => ` ${number()}`,
    () => oneOf(spaces),
    () => oneOf(spaces),
    () => oneOf(rareSpaces),
    () => (below(4) === 0 ? ' '.repeat(1 + below(40)) : oneOf(spaces)),
    () => (below(40) === 0 ? ' '.repeat(500 + below(40)) : repeated(5, () => oneOf(['\n', ' ', '\r\n']))),
    () => repeated(4, () => oneOf(signs)),
    () => ` ${repeated(3, () => oneOf(signs))}`,
    () => repeated(3, () => oneOf(wideSigns)),
    () => oneOf(emoji),
    () => word() + repeated(3, () => oneOf(marks)) + word(),
    () => repeated(2, () => oneOf(marks)),
    () => oneOf(controls),
    () => oneOf(specialTexts),
    () => ` ${oneOf(specialTexts)} `,
    // Lone halves of characters that never meet: together they might be a character that one of the engines does not know
    // yet.
    () => `${String.fromCharCode(0xd800 + below(0x400))}x`,
    () => String.fromCharCode(0xdc00 + below(0x400)),
  ];
  for (;;) yield repeated(below(3) === 0 ? 30 : 8, () => oneOf(kinds)());
}

/** The first `count` texts. */
export function someTexts(seed: number, count: number): string[] {
  const texts = generatedTexts(seed);
  return Array.from({ length: count }, () => texts.next().value);
}
