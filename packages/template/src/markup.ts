// Texts that count as HTML, as `Markup` of Python: what the filters `safe` and `escape` give.
import type { Run } from './run.ts';
import { mapPieces, type Text } from './text.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};

/** The text as one that counts as HTML. */
export const asMarkup = (of: Text): Text => (of.isMarkup === true ? of : { ...of, isMarkup: true });

/** The text with the characters of HTML escaped, unless it counts as HTML already. */
export function escapeMarkup(run: Run, of: Text): Text {
  if (of.isMarkup === true) return of;
  run.budget.copy(6 * of.value.length + 8 * of.ranges.length);
  return asMarkup(
    mapPieces(of, (piece) => piece.replaceAll(/[&<>'"]/g, (character) => entities[character] ?? '')),
  );
}
