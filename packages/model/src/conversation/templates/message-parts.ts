// Separates, in a rendered conversation, the text that the template wrote from the text of the messages. Only text of the
// template may become control tokens.
import type { RenderedPart } from '@rondo/template';

/** A part of a rendered conversation. */
export interface ChatPart {
  readonly text: string;
  /** Whether the template wrote this part. If so, encode the part with `special: true`; otherwise with `special: false`. */
  readonly special: boolean;
}

/** The parts of a rendering; neighbours of one kind are one part. */
export function chatPartsOf(rendered: readonly RenderedPart[]): ChatPart[] {
  const parts: ChatPart[] = [];
  for (const { text, source } of rendered) {
    const special = source === undefined;
    const last = parts.at(-1);
    if (last?.special === special) parts[parts.length - 1] = { text: last.text + text, special };
    else parts.push({ text, special });
  }
  return parts;
}
