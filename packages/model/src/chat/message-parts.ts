// Tells apart, in a rendered conversation, what the template wrote and what stood in the messages. Only the former may
// become control tokens.

/** A stretch of a rendered conversation. */
export interface ChatPart {
  readonly text: string;
  /** Whether the template wrote it: encode it with `special: true`; anything else with `special: false`. */
  readonly special: boolean;
}

/** Texts that nobody can guess, one for each message, and the way to find them again. */
export interface Placeholders {
  readonly texts: readonly string[];
  /** The index of a message for each placeholder in a text, and the texts before, between and after them. */
  split(text: string): { readonly literals: readonly string[]; readonly indices: readonly number[] };
}

/** Letters and digits only, so that no template trims or escapes them. */
export function createPlaceholders(count: number): Placeholders {
  const random = crypto.getRandomValues(new Uint32Array(4));
  const mark = `x${Array.from(random, (word) => word.toString(16).padStart(8, '0')).join('')}x`;
  return {
    texts: Array.from({ length: count }, (_, index) => `${mark}${index}x`),
    split(text) {
      const pieces = text.split(new RegExp(`${mark}(\\d+)x`));
      return {
        literals: pieces.filter((_, index) => index % 2 === 0),
        indices: pieces.filter((_, index) => index % 2 === 1).map(Number),
      };
    },
  };
}

/** Joins neighbours of a kind and drops what is empty. */
export function mergeParts(parts: readonly ChatPart[]): ChatPart[] {
  const merged: ChatPart[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (part.text === '') continue;
    if (last !== undefined && last.special === part.special) {
      merged[merged.length - 1] = { text: last.text + part.text, special: part.special };
    } else merged.push(part);
  }
  return merged;
}

/**
 * The parts of a rendering, from the same conversation rendered with placeholders.
 *
 * @param rendered what the template made of the messages
 * @param withPlaceholders what it made of the same messages with placeholders for their contents
 * @returns parts that joined are exactly `rendered`, or undefined if the template did more with a content than to write
 * it, trimmed or not
 */
export function alignParts(
  rendered: string,
  withPlaceholders: ReturnType<Placeholders['split']>,
  contents: readonly string[],
): ChatPart[] | undefined {
  const { literals, indices } = withPlaceholders;
  const parts: ChatPart[] = [];
  let at = 0;
  for (const [order, literal] of literals.entries()) {
    if (!rendered.startsWith(literal, at)) return undefined;
    parts.push({ text: literal, special: true });
    at += literal.length;
    const index = indices[order];
    if (index === undefined) continue;
    const content = contents[index] ?? '';
    const next = literals[order + 1] ?? '';
    const forms = [content, content.trimEnd(), content.trimStart(), content.trim()];
    const written = forms.find((form) => rendered.startsWith(form + next, at));
    if (written === undefined) return undefined;
    parts.push({ text: written, special: false });
    at += written.length;
  }
  return at === rendered.length ? mergeParts(parts) : undefined;
}
