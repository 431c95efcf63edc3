// RWKV's tokenizer (`tokenizer.ggml.model` = `rwkv`): takes the longest token that fits at each place. The tokens are
// bytes, which the file spells as Python prints them.
import { createByteTrie } from './byte-trie.ts';
import { unknownToken } from './fallback-tokens.ts';
import type { TokenTable } from './token-table.ts';
import { stepsOfWalk, wholeTexts, type TextCodec, type WordSteps } from './text-codec.ts';
import type { Vocabulary } from './vocabulary.ts';

const utf8 = new TextEncoder();
const escaped: ReadonlyMap<string, string> = new Map([
  ['t', '\t'],
  ['n', '\n'],
  ['r', '\r'],
]);

/** The bytes of a token such as `\xe4\xbd` or `can\'t`. */
export function bytesOfEscapedText(text: string): Uint8Array {
  const bytes: number[] = [];
  // Behind a backslash are the digits of a byte, or a character.
  for (const [part, digits, character] of text.matchAll(/\\x([0-9A-Fa-f]{2})|\\(.)|[^\\]+/gsu)) {
    if (digits !== undefined) bytes.push(Number.parseInt(digits, 16));
    else
      for (const byte of utf8.encode(character === undefined ? part : (escaped.get(character) ?? character)))
        bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** Encoding of text without special tokens, and the bytes of each token. */
export function createGreedyBytes(vocabulary: Vocabulary, table: TokenTable): TextCodec {
  const spelled = table.texts.flatMap((text, id): [Uint8Array, number][] =>
    table.isPlain(id) ? [[bytesOfEscapedText(text), id]] : [],
  );
  const trie = createByteTrie(spelled);
  const unknownId = unknownToken(table, vocabulary.unknownId);

  function startWord(text: string): WordSteps {
    const bytes = utf8.encode(text);
    const ids: number[] = [];
    let start = 0;
    return {
      run(steps) {
        for (let left = steps; left > 0 && start < bytes.length; left -= stepsOfWalk) {
          let id = -1;
          let next = start + 1;
          let node = 0;
          for (let end = start; end < bytes.length;) {
            node = trie.child(node, bytes[end++] ?? 0);
            if (node < 0) break;
            const longer = trie.valueAt(node);
            if (longer < 0) continue;
            id = longer;
            next = end;
          }
          if (id >= 0) ids.push(id);
          else if (unknownId !== undefined) ids.push(unknownId);
          start = next;
        }
        return start >= bytes.length;
      },
      ids: () => ids,
    };
  }

  return {
    ...wholeTexts(startWord),
    losesNothing: Array.from({ length: 256 }, (_, byte) => trie.child(0, byte)).every(
      (node) => node >= 0 && trie.valueAt(node) >= 0,
    ),
    bytesOfToken: (text) => bytesOfEscapedText(text),
  };
}
