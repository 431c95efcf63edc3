// The tokens for text that no other token spells: byte tokens, such as `<0x0A>`, and the unknown token.
import { byteOfTokenText, type TokenTable } from './token-table.ts';
import { tokenType } from './vocabulary.ts';

/** The token id for each of the 256 bytes; -1 if there is none. */
export function byteTokens(table: TokenTable): Int32Array {
  const idOfByte = new Int32Array(256).fill(-1);
  for (const [id, text] of table.texts.entries()) {
    if (table.types[id] !== tokenType.byte) continue;
    const byte = byteOfTokenText(text);
    if (byte !== undefined) idOfByte[byte] = id;
  }
  return idOfByte;
}

/** The id if it may serve as the unknown token. A control token never may: plain text must not become a control token. */
export function unknownToken(table: TokenTable, id: number | undefined): number | undefined {
  return id === undefined || id >= table.size || table.types[id] === tokenType.control ? undefined : id;
}
