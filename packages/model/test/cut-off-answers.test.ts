// Answers that are cut off, and conversations that are continued elsewhere.
import { readFileSync } from 'node:fs';
import { llamaCppPath } from '@rondo/testkit';
import { describe, expect, it } from 'vitest';
import { knownTemplate } from '../src/conversation/templates/known-templates.ts';
import { partsOf, scriptedChat, tokenizer } from './support/scripted-chat.ts';

const templateOf = (name: string): string =>
  readFileSync(llamaCppPath(`models/templates/${name}.jinja`), 'utf8');
const qwen = templateOf('Qwen-Qwen3-0.6B');
const tools = [
  { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
];
const call = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>';
const decoded = (ids: readonly number[] = []): string => tokenizer.decode(ids, { special: true });

describe('a call that is cut off', () => {
  it.each([15, 16, 17])('after %d tokens is no call, and the answer can be continued', async (maxTokens) => {
    const { chat } = scriptedChat([`Let me see. ${call}`, call], { source: qwen, options: { tools } });
    const parts = await partsOf(chat.send('Weather?', { maxTokens }));
    expect(parts.filter(({ type }) => type === 'toolCall')).toEqual([]);
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'length' });
    expect(chat.messages.at(-1)).toMatchObject({ role: 'assistant', content: 'Let me see.' });
    expect(chat.messages.at(-1)?.toolCalls).toBeUndefined();
    const rest = await partsOf(chat.continue());
    expect(rest.find(({ type }) => type === 'toolCall')).toMatchObject({ value: { city: 'Paris' } });
  });
});

describe('ids of calls', () => {
  it('are new in a conversation that goes on from messages of another', async () => {
    const first = scriptedChat([call], { source: qwen, options: { tools } });
    await partsOf(first.chat.send('Weather?'));
    const [given] = first.chat.messages.at(-1)?.toolCalls ?? [];
    const messages = [
      ...first.chat.messages,
      { role: 'tool' as const, toolCallId: given?.id ?? '', content: 'sunny' },
      { role: 'assistant' as const, content: 'Sunny.' },
    ];
    const second = scriptedChat([call], { source: qwen, options: { tools, messages } });
    await partsOf(second.chat.send('And tomorrow?'));
    expect(second.chat.messages.at(-1)?.toolCalls?.[0]?.id).not.toBe(given?.id);
  });
});

describe('a limit of reasoning', () => {
  const thinking = `<think>\none two three four five six\n</think>\n\nDone.`;

  it('that is reached at the end of maxTokens ends the answer by its length', async () => {
    const { chat } = scriptedChat([thinking], { source: qwen });
    const parts = await partsOf(chat.send('x', { maxTokens: 4, reasoningBudget: 2 }));
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'length' });
  });
});

describe('a constrained answer', () => {
  it('of a template with channels begins behind the header of the answer', async () => {
    const source = templateOf('openai-gpt-oss-120b');
    const { chat, prompts } = scriptedChat(['{}'], { source });
    await partsOf(chat.send('x', { schema: {} }));
    expect(decoded(prompts[0])).toMatch(/<\|start\|>assistant<\|channel\|>final<\|message\|>$/);
    expect(chat.messages.at(-1)).toMatchObject({ content: '{}' });
  });

  it('has no tools beside, and is not continued', async () => {
    const { chat } = scriptedChat(['a'], { source: knownTemplate('chatml'), options: { tools } });
    await expect(partsOf(chat.send('x', { schema: {} }))).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    await partsOf(chat.send('x', { tools: [] }));
    await expect(partsOf(chat.continue({ regex: 'a', tools: [] }))).rejects.toMatchObject({
      code: 'BAD_ARGUMENT',
    });
  });
});

describe('what nobody would read is refused', () => {
  it('a Map of variables', () => {
    const variables = new Map([['enable_thinking', false]]) as unknown as Record<string, unknown>;
    expect(() => scriptedChat([], { source: qwen, options: { variables } })).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT', message: expect.stringContaining('variables') }),
    );
  });
});

it('a conversation without messages has no tokens', async () => {
  const { chat } = scriptedChat([], { source: qwen });
  expect(await chat.countTokens()).toBe(0);
});
