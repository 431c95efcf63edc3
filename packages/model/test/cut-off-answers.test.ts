// Conversations with a scripted model whose answers are cut off: by a limit, by a break, by an abort, in a call.
import { describe, expect, it } from 'vitest';
import { call, chatMl, paris, partsOf, qwen, scriptedChat, shapeOf, tools } from './support/scripted-chat.ts';

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

describe('a limit of reasoning', () => {
  const thinking = `<think>\none two three four five six\n</think>\n\nDone.`;

  it('that is reached at the end of maxTokens ends the answer by its length', async () => {
    const { chat } = scriptedChat([thinking], { source: qwen });
    const parts = await partsOf(chat.send('x', { maxTokens: 4, reasoningBudget: 2 }));
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'length' });
  });
});

describe('an answer that is broken off', () => {
  it('keeps its text, its complete calls and its usage', async () => {
    const { chat } = scriptedChat([`Look: ${call}\n<tool_call>\n{"name": "now", "argu`], {
      source: qwen,
      options: { tools },
    });
    for await (const part of chat.send('x')) if (part.type === 'toolCall') break;
    expect(chat.messages.at(-1)).toEqual({ role: 'assistant', content: 'Look:', toolCalls: [paris] });
    expect(chat.lastUsage?.generatedTokens).toBeGreaterThan(10);
  });

  it('an abort keeps what came before, and usage', async () => {
    const { chat } = scriptedChat(['one two three four', 'ok'], { source: chatMl });
    const controller = new AbortController();
    const answer = async () => {
      for await (const part of chat.send('x', { signal: controller.signal }))
        if (part.text.includes('two')) controller.abort();
    };
    await expect(answer()).rejects.toThrow();
    expect(chat.messages.at(-1)).toEqual({ role: 'assistant', content: 'one two' });
    expect(chat.lastUsage).toMatchObject({ generatedTokens: 2 });
    await partsOf(chat.send('y'));
    expect(chat.messages).toHaveLength(4);
  });

  it('a call that the model itself ends in the middle is given as it is', async () => {
    const { chat } = scriptedChat(['<tool_call>\n{"name": "now", "arguments": {"a": '], {
      source: qwen,
      options: { tools },
    });
    const parts = await partsOf(chat.send('x'));
    expect(shapeOf(parts)).toContainEqual({
      type: 'toolCall',
      index: 0,
      id: 'call00000',
      name: 'now',
      arguments: '{"a": ',
      value: undefined,
    });
  });
});
