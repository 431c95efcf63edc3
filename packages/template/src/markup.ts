// Texts that count as HTML, as Python's `Markup`: the results of the filters `safe` and `escape`.
import type { Run } from './run.ts';
import { mapPieces, type Text } from './text.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};

/** The text, marked as HTML. */
export const asMarkup = (of: Text): Text => (of.isMarkup === true ? of : { ...of, isMarkup: true });

/** The text with HTML's special characters escaped, unless it already counts as HTML. */
export function escapeMarkup(run: Run, of: Text): Text {
  if (of.isMarkup === true) return of;
  run.budget.copy(6 * of.value.length + 8 * of.ranges.length);
  return asMarkup(
    mapPieces(of, (piece) => piece.replaceAll(/[&<>'"]/g, (character) => entities[character] ?? '')),
  );
}
