// Reads a line of a chat: it is a message to the model or a command to the program.

/** The commands, and what they do. */
export const chatCommands = {
  '/new': 'begins a new conversation',
  '/help': 'shows this list',
  '/exit': 'leaves',
} as const;

/** A line of a chat. `unknown` is a command that does not exist; it never goes to the model. */
export type ChatInput =
  | { readonly kind: 'nothing' | 'new' | 'help' | 'exit' }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'unknown'; readonly reason: string };

const commandPattern = /^\/(?:\?|[A-Za-z][\w-]*)(?=\s|$)/;

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
  if (known !== '/new' && known !== '/help' && known !== '/exit') {
    return { kind: 'unknown', reason: `There is no command ${name}; /help shows all. ${instead}` };
  }
  if (trimmed !== name) return { kind: 'unknown', reason: `${name} stands alone on its line. ${instead}` };
  return { kind: known === '/new' ? 'new' : known === '/help' ? 'help' : 'exit' };
}

/** The list of commands. */
export function chatHelp(): string {
  const lines = Object.entries(chatCommands).map(([name, what]) => `${name.padEnd(7)}${what}`);
  return [
    ...lines,
    '//text sends a message that begins with /',
    'Ctrl-C ends an answer; Ctrl-D leaves. A pasted text of several lines is one message.',
  ].join('\n');
}
