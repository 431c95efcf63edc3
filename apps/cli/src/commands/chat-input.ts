// Reads a line of a chat: it is a message to the model or a command to the program.

/** The commands, and what they do. */
export const chatCommands = {
  '/new': 'begins a new conversation',
  '/undo': 'takes back the last message and its answer',
  '/regenerate': 'answers the last message again',
  '/system': 'shows the system message; /system TEXT sets another for what follows',
  '/stats': 'shows the tokens and times of the last answer',
  '/help': 'shows this list',
  '/exit': 'leaves',
} as const;

type CommandName = keyof typeof chatCommands;

/** A line of a chat. `unknown` is a command that does not exist; it never goes to the model. */
export type ChatInput =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'command'; readonly name: Exclude<CommandName, '/system'> }
  | { readonly kind: 'system'; readonly text: string | undefined }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'unknown'; readonly reason: string };

const commandPattern = /^\/(?:\?|[A-Za-z][\w-]*)(?=\s|$)/;

const isCommand = (name: string): name is CommandName => Object.hasOwn(chatCommands, name);

/**
 * Reads a line. A message that begins with `/` and a word must begin with `//`, so that no mistyped command becomes a
 * message.
 */
export function readChatInput(line: string): ChatInput {
  const trimmed = line.trim();
  if (trimmed === '') return { kind: 'nothing' };
  if (trimmed.startsWith('//')) return { kind: 'message', text: line.replace('//', '/') };
  const [name] = commandPattern.exec(trimmed) ?? [];
  if (name === undefined) return { kind: 'message', text: line };
  const known = name === '/?' ? '/help' : name;
  const instead = `To send it to the model, begin with //: /${name}`;
  if (!isCommand(known)) {
    return { kind: 'unknown', reason: `There is no command ${name}; /help shows all. ${instead}` };
  }
  const rest = trimmed.slice(name.length).trim();
  if (known === '/system') return { kind: 'system', text: rest === '' ? undefined : rest };
  if (rest !== '') return { kind: 'unknown', reason: `${name} stands alone on its line. ${instead}` };
  return { kind: 'command', name: known };
}

/** The list of commands. */
export function chatHelp(): string {
  const width = Object.keys(chatCommands).reduce((most, { length }) => Math.max(most, length), 0) + 2;
  const lines = Object.entries(chatCommands).map(([name, what]) => `${name.padEnd(width)}${what}`);
  return [
    ...lines,
    '//text sends a message that begins with /',
    'Ctrl-C ends an answer; Ctrl-D leaves. A pasted text of several lines is one message.',
  ].join('\n');
}
