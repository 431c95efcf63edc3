// Text out of files, safe to show: nothing that cannot be seen, and no more than a line's worth.

/** A wall behind `quoted` and `shownName`: names out of files are in messages, and must not steer a terminal. */
export function shownMessage(message: string): string {
  return escapeInvisible(message.length > MOST_MESSAGE ? `${message.slice(0, MOST_MESSAGE)}…` : message);
}

/** No message is longer, whatever is put into it. */
const MOST_MESSAGE = 2000;

/** Characters of what comes from a file that a message shows. */
const MOST_SHOWN = 200;

/**
 * What cannot be seen, or steers a terminal: control and format characters (marks of direction, joiners and spaces of no
 * width, tags), line and paragraph separators, fillers, variation selectors.
 */
const invisible = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}/gu;

/** `text` with everything that cannot be seen, or steers a terminal, as an escape such as `\u001b`; JSON stays the same JSON. */
export function escapeInvisible(text: string): string {
  return text.replaceAll(invisible, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}

/** A text out of a file, to be put into a message: in quotes, cut after 200 characters, with nothing that cannot be seen. */
export function quoted(text: string): string {
  const cut = text.length > MOST_SHOWN;
  const shown = escapeInvisible(JSON.stringify(cut ? text.slice(0, MOST_SHOWN) : text));
  return cut ? `${shown}… (${text.length} characters)` : shown;
}

/** A name, to be put into a message: as `quoted` without quotes, which only an empty name has. */
export function shownName(name: string): string {
  if (name === '') return '""';
  const cut = name.length > MOST_SHOWN;
  return `${escapeInvisible(cut ? name.slice(0, MOST_SHOWN) : name)}${cut ? '…' : ''}`;
}

/** Items of a list that a message shows. */
const MOST_ITEMS = 5;

/**
 * Any value that a caller gave in place of an expected one, to be put into a message. Shows a text in quotes and a list with
 * its items. Never throws, where `String(value)` throws for an object without a prototype.
 */
export function shownValue(value: unknown): string {
  if (!Array.isArray(value)) return shownItem(value);
  const more = value.length > MOST_ITEMS ? ', …' : '';
  return `[${value.slice(0, MOST_ITEMS).map(shownItem).join(', ')}${more}]`;
}

function shownItem(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'a list' : 'an object';
    default:
      return String(value);
  }
}
