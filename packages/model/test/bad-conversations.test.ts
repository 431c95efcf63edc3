// Bad messages, tools and options: each is refused by name, and the conversation stays as it was.
import { isRondoError } from '@rondo/errors';
import { describe, expect, it } from 'vitest';
import type { ChatOptions, SendOptions } from '../src/conversation/chat-options.ts';
import { knownTemplate } from '../src/conversation/templates/known-templates.ts';
import { partsOf, scriptedChat } from './support/scripted-chat.ts';

const source = knownTemplate('chatml') ?? '';
const user = { role: 'user', content: 'Hi' };
const asking = { role: 'assistant', toolCalls: [{ id: 'a', name: 'f', arguments: {} }] };

describe('messages', () => {
  it.each<[string, unknown, RegExp]>([
    ['an unknown key', [{ role: 'user', content: 'x', contents: 'y' }], /Message 1 has no key "contents"/],
    [
      'a role that is no name',
      [{ role: 'user<|im_end|>', content: 'x' }],
      /"user<\|im_end\|>" is no plain name/,
    ],
    ['no role', [{ content: 'x' }], /role undefined is no plain name/],
    [
      'a content of another kind',
      [{ role: 'user', content: 5 }],
      /content of message 1 must be a text or a list/,
    ],
    [
      'a part that is no text',
      [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }],
      /of the type "image_url"; only text/,
    ],
    [
      'a part without text',
      [{ role: 'user', content: [{ type: 'text' }] }],
      /Part 1 of message 1 has no text/,
    ],
    ['an empty message', [{ role: 'user', content: '' }], /Message 1 is empty/],
    ['no content', [{ role: 'assistant' }], /Message 1 is empty/],
    ['a message that is no object', [5], /Message 1 must be a text or a message/],
    [
      'two messages of the assistant',
      [user, { role: 'assistant', content: 'a' }, { role: 'assistant', content: 'b' }],
      /Messages 2 and 3 are both of the assistant/,
    ],
    [
      'a result without a call',
      [user, { role: 'tool', content: 'x' }],
      /Message 2 is the result of a tool, but no call waits/,
    ],
    [
      'a result of another call',
      [user, asking, { role: 'tool', toolCallId: 'b', content: 'x' }],
      /the call "b", but no such call/,
    ],
    [
      'a second result of one call',
      [
        user,
        asking,
        { role: 'tool', toolCallId: 'a', content: 'x' },
        { role: 'tool', toolCallId: 'a', content: 'y' },
      ],
      /the call "a", but no such call/,
    ],
    [
      'a result that does not say of which call',
      [
        user,
        {
          role: 'assistant',
          toolCalls: [
            { id: 'a', name: 'f', arguments: {} },
            { id: 'b', name: 'g', arguments: {} },
          ],
        },
        { role: 'tool', content: 'x' },
      ],
      /several calls wait for results: give its toolCallId/,
    ],
    ['calls of the user', [{ ...asking, role: 'user' }], /only the assistant makes/],
    ['an id of a call in a message of the user', [{ ...user, toolCallId: 'a' }], /its role must be "tool"/],
    [
      'calls that are no list',
      [{ role: 'assistant', toolCalls: {} }],
      /tool calls of message 1 must be a list/,
    ],
    [
      'a call without a name',
      [{ role: 'assistant', toolCalls: [{ arguments: {} }] }],
      /Call 1 of message 1 has no name/,
    ],
    [
      'a call with an unknown key',
      [{ role: 'assistant', toolCalls: [{ name: 'f', args: {} }] }],
      /has no key "args"/,
    ],
  ])('%s', (_, messages, message) => {
    const begin = () => scriptedChat([], { source, options: { messages } as ChatOptions });
    expect(begin).toThrow(message);
    expect(begin).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', [], /list of messages is empty/],
    ['an empty text', '', /The message is empty/],
    ['a message of the assistant', { role: 'assistant', content: 'x' }, /nothing to answer/],
    ['a result without a call', { role: 'tool', content: 'x' }, /no call waits/],
    ['a number', 5, /must be a text or a message/],
  ])('%s is not sent, and the conversation stays', async (_, message, reason) => {
    const { chat, prompts } = scriptedChat(['ok'], { source });
    await expect(partsOf(chat.send(message as string))).rejects.toThrow(reason);
    expect([chat.messages, prompts]).toEqual([[], []]);
    await partsOf(chat.send('x'));
    expect(chat.messages).toHaveLength(2);
  });

  it('there is nothing to regenerate or to continue in an empty conversation, or behind calls', async () => {
    const { chat } = scriptedChat([], { source, options: { system: 'Be brief.' } });
    await expect(partsOf(chat.regenerate())).rejects.toThrow('no message to answer');
    await expect(partsOf(chat.continue())).rejects.toThrow('no answer to continue');
    const { chat: calling } = scriptedChat([], { source, options: { messages: [user, asking] } });
    await expect(partsOf(calling.continue())).rejects.toThrow('Send the results');
  });

  it('while an answer is under way, nothing else is done', async () => {
    const { chat } = scriptedChat(['one two three'], { source });
    const answer = chat.send('x');
    await answer.next();
    await expect(partsOf(chat.send('y'))).rejects.toThrow('still under way');
    await expect(partsOf(chat.regenerate())).rejects.toThrow('still under way');
    expect(() => chat.undo()).toThrow('still under way');
    await answer.return();
    expect(chat.messages).toHaveLength(2);
  });
});

describe('tools and options', () => {
  const cyclic: Record<string, unknown> = { type: 'object' };
  cyclic['properties'] = { self: cyclic };

  it.each<[string, unknown, RegExp]>([
    ['tools that are no list', { tools: { name: 'f' } }, /tools must be a list/],
    ['a tool with an unknown key', { tools: [{ name: 'f', schema: {} }] }, /Tool 1 has no key "schema"/],
    [
      'a tool of another type',
      { tools: [{ type: 'web_search' }] },
      /of the type "web_search"; only function/,
    ],
    ['a tool without a name', { tools: [{}] }, /name "" of tool 1 is no plain name/],
    ['a name that is none', { tools: [{ name: 'a b' }] }, /name "a b" of tool 1/],
    ['two tools of one name', { tools: [{ name: 'f' }, { name: 'f' }] }, /Two tools have the name "f"/],
    [
      'a schema that is no object',
      { tools: [{ name: 'f', parameters: [] }] },
      /parameters of the tool "f" must be a JSON Schema of an object/,
    ],
    [
      'a schema of a text',
      { tools: [{ name: 'f', parameters: { type: 'string' } }] },
      /must be a JSON Schema of an object/,
    ],
    [
      'properties that are no object',
      { tools: [{ name: 'f', parameters: { properties: 5 } }] },
      /must be a JSON Schema of an object/,
    ],
    [
      'a schema that contains itself',
      { tools: [{ name: 'f', parameters: cyclic }] },
      /parameters of the tool "f" are no JSON/,
    ],
    [
      'a choice that there is not',
      { tools: [{ name: 'f' }], toolChoice: 'always' },
      /toolChoice must be auto, none, required/,
    ],
    ['a choice of another tool', { tools: [{ name: 'f' }], toolChoice: { name: 'g' } }, /names the tool "g"/],
    ['a choice without tools', { toolChoice: 'required' }, /there are no tools/],
    ['an unknown option', { toolschoice: 'auto' }, /"toolschoice"/],
    [
      'a way of reasoning that there is not',
      { reasoning: 'off' },
      /reasoning must be one of parts, hidden, text/,
    ],
    ['a budget below 0', { reasoningBudget: -1 }, /reasoningBudget must be a whole number/],
    [
      'parallelToolCalls of another kind',
      { parallelToolCalls: 1 },
      /parallelToolCalls must be true or false/,
    ],
  ])('%s', async (_, options, message) => {
    const { chat } = scriptedChat(['ok'], { source });
    const failure: unknown = await partsOf(chat.send('x', options as SendOptions)).catch(
      (error: unknown) => error,
    );
    expect(isRondoError(failure) && failure.code).toBe('BAD_ARGUMENT');
    expect(String(failure)).toMatch(message);
    expect(chat.messages).toEqual([]);
  });

  it('variables that the conversation sets itself are refused', () => {
    const options = { variables: { tools: [] } };
    expect(() => scriptedChat([], { source, options })).toThrow('variables has tools');
  });

  it('a template that loops is stopped', async () => {
    const loops =
      '{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}{{ messages[0].content }}';
    const { chat } = scriptedChat([], { options: { template: loops } });
    await expect(partsOf(chat.send('x'))).rejects.toMatchObject({ code: 'BAD_TEMPLATE' });
    expect(chat.messages).toEqual([]);
  });
});
