// Separates, in a rendered conversation, the text that the template wrote from the text of the messages. Only text of the
// template may become control tokens.
import type { RenderedPart } from '@rondo/template';
import type { PromptPart } from '../prompt-part.ts';

/** The parts of a rendering; neighbours of one kind are one part. */
export function promptPartsOf(rendered: readonly RenderedPart[]): PromptPart[] {
  const parts: PromptPart[] = [];
  for (const { text, source } of rendered) {
    const special = source === undefined;
    const last = parts.at(-1);
    if (last?.special === special) parts[parts.length - 1] = { text: last.text + text, special };
    else parts.push({ text, special });
  }
  return parts;
}
