// Turns ids into text. The bytes go through the same UTF-8 decoder whether ids come at once or one by one, so the
// streamed text always equals the whole text.
import { RondoError, shownValue } from '@rondo/errors';
import { byteOfTokenText, type TokenTable } from './token-table.ts';
import type { TextCodec } from './text-codec.ts';
import type { DecodeOptions, StreamingDecoder } from './tokenizer.ts';
import { tokenType } from './vocabulary.ts';

/** The UTF-8 bytes of a token, of a control token the bytes of its text. */
export type TokenSpelling = (id: number) => Uint8Array;

/** Spells tokens, each once. */
export function createTokenSpelling(table: TokenTable, codec: TextCodec): TokenSpelling {
  const utf8 = new TextEncoder();
  const bytesOf: (Uint8Array | undefined)[] = Array.from({ length: table.size });

  const spell = (id: number): Uint8Array => {
    const text = table.texts[id] ?? '';
    const type = table.types[id] ?? tokenType.undefined;
    if (type === tokenType.control || type === tokenType.unknown) return utf8.encode(text);
    if (type === tokenType.byte) return Uint8Array.of(byteOfTokenText(text) ?? 0);
    return codec.bytesOfToken(text, type);
  };

  return (id) => (bytesOf[id] ??= spell(id));
}

/**
 * A function that makes decoders.
 *
 * @param dropsFirstSpace whether `encode` puts a space before a text; the option `start` removes that space again
 */
export function createDecoderFactory(
  table: TokenTable,
  spelling: TokenSpelling,
  dropsFirstSpace: boolean,
): (options?: DecodeOptions) => StreamingDecoder {
  return (options = {}) => {
    // A byte order mark inside a generated text is text.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    let atStart = true;
    return {
      push(id) {
        const type = table.types[id];
        if (type === undefined) {
          throw new RondoError(
            'BAD_ARGUMENT',
            `Token ${shownValue(id)} is outside the vocabulary of ${table.size} tokens.`,
            {
              details: { id, vocabularySize: table.size },
            },
          );
        }
        if (options.special !== true && (type === tokenType.control || type === tokenType.unknown)) return '';
        let bytes = spelling(id);
        const isControl = type === tokenType.control;
        if (atStart && !isControl) {
          atStart = false;
          if (options.start === true && dropsFirstSpace && bytes[0] === 0x20) bytes = bytes.subarray(1);
        }
        return decoder.decode(bytes, { stream: true });
      },
      end() {
        atStart = true;
        return decoder.decode();
      },
    };
  };
}
