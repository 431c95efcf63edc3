// The lines that `rondo chat` reads: messages, commands, and what is neither.
import { expect, it } from 'vitest';
import { chatCommands, chatHelp, readChatInput } from './chat-input.ts';

it.each([
  ['', { kind: 'nothing' }],
  [' \t', { kind: 'nothing' }],
  ['Hello', { kind: 'message', text: 'Hello' }],
  ['/usr/bin?', { kind: 'message', text: '/usr/bin?' }],
  ['//undo', { kind: 'message', text: '/undo' }],
  ['/undo', { kind: 'command', name: '/undo' }],
  [' /regenerate ', { kind: 'command', name: '/regenerate' }],
  ['/stats', { kind: 'command', name: '/stats' }],
  ['/?', { kind: 'command', name: '/help' }],
  ['/system', { kind: 'system', text: undefined }],
  ['/system  Speak of war. ', { kind: 'system', text: 'Speak of war.' }],
])('reads %j', (line, input) => {
  expect(readChatInput(line)).toEqual(input);
});

it.each(['/undu', '/undo all', '/constructor', '/stats now', '/toString'])(
  '%s never becomes a message',
  (line) => {
    expect(readChatInput(line)).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('begin with //'),
    });
  },
);

it('the help lists all commands', () => {
  for (const [name, what] of Object.entries(chatCommands))
    expect(chatHelp()).toMatch(new RegExp(`${name} +${what.slice(0, 10)}`));
});
