// Makes text out of files safe to show: no invisible characters, and a limited length.

/**
 * The last check behind `quoted` and `shownName`: messages contain names out of files, which must not control a terminal.
 */
export function shownMessage(message: string): string {
  return escapeInvisible(message.length > MOST_MESSAGE ? `${message.slice(0, MOST_MESSAGE)}…` : message);
}

/** Characters that a message has at most. */
const MOST_MESSAGE = 2000;

/** Characters that a message shows of a text out of a file, at most. */
const MOST_SHOWN = 200;

/**
 * Characters that are invisible or control a terminal: control and format characters (direction marks, zero-width joiners
 * and spaces, tags), line and paragraph separators, fillers, variation selectors.
 */
const invisible = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Default_Ignorable_Code_Point}/gu;

/** `text` with every invisible or terminal-controlling character as an escape such as `\u001b`. JSON keeps its value. */
export function escapeInvisible(text: string): string {
  return text.replaceAll(invisible, (character) => {
    const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}

/** A text out of a file for a message: in quotes, cut after 200 characters, without invisible characters. */
export function quoted(text: string): string {
  const cut = text.length > MOST_SHOWN;
  const shown = escapeInvisible(JSON.stringify(cut ? text.slice(0, MOST_SHOWN) : text));
  return cut ? `${shown}… (${text.length} characters)` : shown;
}

/** A name for a message: as `quoted`, but without quotes unless the name is empty. */
export function shownName(name: string): string {
  if (name === '') return '""';
  const cut = name.length > MOST_SHOWN;
  return `${escapeInvisible(cut ? name.slice(0, MOST_SHOWN) : name)}${cut ? '…' : ''}`;
}

/** Items of a list that a message shows at most. */
const MOST_ITEMS = 5;

/**
 * Any value that a caller gave in place of the expected one, for a message. Shows a text in quotes and a list with its
 * items. Never throws, unlike `String(value)`, which throws for an object without a prototype.
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
