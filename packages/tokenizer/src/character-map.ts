// SentencePiece's table of replacements (`tokenizer.ggml.precompiled_charsmap`): which byte sequences are replaced, and
// by which bytes, before a text is cut into tokens. The table is a length, a double-array trie of 32-bit units, and the
// replacements, each ended by a zero. Source: Kanda 2018, "Space- and Time-Efficient String Dictionaries", and the
// darts-clone library.
import { RondoError } from '@rondo/errors';

/** Finds replacements at a place of a text. */
export interface CharacterMap {
  /** The longest sequence at `at` that has a replacement: its length in bytes, and the bytes that replace it. */
  match(
    text: Uint8Array,
    at: number,
  ): { readonly length: number; readonly replacement: Uint8Array } | undefined;
}

function damaged(what: string): RondoError {
  return new RondoError(
    'BAD_VOCABULARY',
    `tokenizer.ggml.precompiled_charsmap is damaged: ${what}. Convert the model again.`,
  );
}

/** The index of a unit's children: the bits from the tenth on, times 256 if the ninth bit is set. */
const baseOf = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);
/** The byte that leads to a unit; for a unit with a replacement, a number that is no byte. */
const labelOf = (unit: number): number => (unit & 0x8000_00ff) >>> 0;
const hasReplacement = (unit: number): boolean => (unit & 0x100) !== 0;
const replacementOf = (unit: number): number => unit & 0x7fff_ffff;

/** @throws RondoError `BAD_VOCABULARY` if the table refers to places outside itself */
export function readCharacterMap(bytes: Uint8Array): CharacterMap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const unitBytes = bytes.length < 4 ? Infinity : view.getUint32(0, true);
  if (4 + unitBytes >= bytes.length)
    throw damaged(`its trie of ${unitBytes} bytes does not fit ${bytes.length} bytes`);
  const units = Uint32Array.from({ length: unitBytes >>> 2 }, (_, index) =>
    view.getUint32(4 + index * 4, true),
  );
  const replacements = bytes.subarray(4 + unitBytes);
  const unitAt = (index: number): number => units[index] ?? 0;

  const replacementAt = (start: number): Uint8Array => {
    const end = replacements.indexOf(0, start);
    if (start >= replacements.length || end < 0) throw damaged(`a replacement at ${start} has no end`);
    return replacements.subarray(start, end);
  };
  checkReplacements(units, replacementAt);

  return {
    match(text, at) {
      let node = baseOf(unitAt(0));
      let length = 0;
      let start = 0;
      for (let end = at; end < text.length; end++) {
        const byte = text[end] ?? 0;
        if (byte === 0) break;
        node ^= byte;
        const unit = unitAt(node);
        if (labelOf(unit) !== byte) break;
        node ^= baseOf(unit);
        if (hasReplacement(unit)) {
          length = end - at + 1;
          start = replacementOf(unitAt(node));
        }
      }
      return length === 0 ? undefined : { length, replacement: replacementAt(start) };
    },
  };
}

/** Walks the whole trie, so that damaged replacements are found before any text is read. */
function checkReplacements(units: Uint32Array, replacementAt: (start: number) => Uint8Array): void {
  const seen = new Uint8Array(units.length);
  const open = [baseOf(units[0] ?? 0)];
  for (let base = open.pop(); base !== undefined; base = open.pop()) {
    for (let byte = 1; byte < 256; byte++) {
      const index = base ^ byte;
      const unit = units[index];
      if (unit === undefined || labelOf(unit) !== byte || seen[index] === 1) continue;
      seen[index] = 1;
      const next = index ^ baseOf(unit);
      if (hasReplacement(unit)) replacementAt(replacementOf(units[next] ?? 0));
      open.push(next);
    }
  }
}
