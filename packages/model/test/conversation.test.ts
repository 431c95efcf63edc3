// Conversations with a scripted model: messages, parts of answers, reasoning, templates and grammars.
import { describe, expect, it } from 'vitest';
import type { GivenMessage } from '../src/conversation/messages/chat-message.ts';
import {
  call,
  chatMl,
  decoded,
  idsOf,
  paris,
  partsOf,
  qwen,
  scriptedChat,
  shapeOf,
  templateOf,
  tools,
} from './support/scripted-chat.ts';

describe('messages', () => {
  it('a program gives the history, in the shape of OpenAI or in the shape of chat.messages', async () => {
    const history: GivenMessage[] = [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Weather in' },
          { type: 'text', text: 'Paris?' },
        ],
      },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'I must look.',
        tool_calls: [
          { id: 'x1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'x1', content: 'sunny' },
      { role: 'assistant', content: 'It is sunny.' },
    ];
    const { chat, prompts } = scriptedChat(['Bye.'], { source: qwen, options: { messages: history } });
    expect(chat.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Weather in\nParis?' },
      {
        role: 'assistant',
        content: '',
        reasoning: 'I must look.',
        toolCalls: [
          { id: 'x1', name: 'get_weather', arguments: '{"city":"Paris"}', value: { city: 'Paris' } },
        ],
      },
      { role: 'tool', content: 'sunny', toolCallId: 'x1', name: 'get_weather' },
      { role: 'assistant', content: 'It is sunny.' },
    ]);
    await partsOf(chat.send('Thanks'));
    expect(decoded(prompts[0])).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWeather in\nParis?<|im_end|>\n<|im_start|>assistant\n' +
        '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call><|im_end|>\n' +
        '<|im_start|>user\n<tool_response>\nsunny\n</tool_response><|im_end|>\n' +
        '<|im_start|>assistant\nIt is sunny.<|im_end|>\n<|im_start|>user\nThanks<|im_end|>\n<|im_start|>assistant\n',
    );
    const again = scriptedChat([], { source: qwen, options: { messages: chat.messages } });
    expect(again.chat.messages).toEqual(chat.messages);
  });

  it('undo takes back a turn, regenerate replaces an answer, continue goes on with it', async () => {
    const { chat, prompts } = scriptedChat(['One', 'Two', 'Three', ' and a half', 'Four'], {
      source: chatMl,
    });
    await partsOf(chat.send('a'));
    await partsOf(chat.send('b'));
    await partsOf(chat.regenerate());
    expect(chat.messages.map(({ content }) => content)).toEqual(['a', 'One', 'b', 'Three']);
    expect(prompts[2]).toEqual(prompts[1]);
    const parts = await partsOf(chat.continue());
    expect(parts.map(({ text }) => text).join('')).toBe(' and a half');
    expect(chat.messages.at(-1)).toEqual({ role: 'assistant', content: 'Three and a half' });
    expect(decoded(prompts[3])).toMatch(/<\|im_start\|>assistant\nThree$/);
    expect(chat.undo().map(({ content }) => content)).toEqual(['b', 'Three and a half']);
    expect(chat.messages.map(({ content }) => content)).toEqual(['a', 'One']);
    await partsOf(chat.send('c'));
    expect(prompts[4]).toEqual(
      idsOf(
        '<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nOne<|im_end|>\n<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n',
      ),
    );
    chat.undo();
    chat.undo();
    expect(chat.undo()).toEqual([]);
    expect(chat.messages).toEqual([]);
  });

  it('regenerate answers messages that were given and have no answer', async () => {
    const { chat } = scriptedChat(['Hello'], {
      source: chatMl,
      options: { messages: [{ role: 'user', content: 'Hi' }] },
    });
    await partsOf(chat.regenerate());
    expect(chat.messages.at(-1)).toEqual({ role: 'assistant', content: 'Hello' });
  });

  it('countTokens counts the prompt of the next answer, with the tools', async () => {
    const { chat, prompts } = scriptedChat(['Yes.', 'No.'], { source: qwen, options: { tools } });
    const counted = await chat.countTokens('Is it?');
    await partsOf(chat.send('Is it?'));
    expect(counted).toBe(prompts[0]?.length);
    expect(await chat.countTokens('Is it?', { toolChoice: 'none' })).toBeLessThan(counted);
    expect(chat.lastUsage).toEqual({ promptTokens: counted, generatedTokens: 2, reasoningTokens: 0 });
  });
});

describe('parts of an answer', () => {
  it('text, reasoning, calls, usage and finish; a program that reads text alone reads the answer', async () => {
    const output = `<think>\nParis, two days.\n</think>\n\nLet me look.\n${call}`;
    const { chat } = scriptedChat([output], { source: qwen, options: { tools } });
    const parts = await partsOf(chat.send('Weather?'));
    expect(shapeOf(parts)).toEqual([
      { type: 'reasoning', reasoning: 'Paris, two days.' },
      { type: 'text', text: 'Let me look.' },
      {
        type: 'toolCallDelta',
        index: 0,
        id: 'call00000',
        name: 'get_weather',
        argumentsDelta: '{"city": "Paris", "days": 2}',
      },
      { type: 'toolCall', index: 0, ...paris },
      { type: 'usage', ...chat.lastUsage },
      { type: 'finish', reason: 'toolCalls' },
    ]);
    expect(parts.map(({ text }) => text).join('')).toBe('Let me look.');
    expect(chat.messages.at(-1)).toEqual({
      role: 'assistant',
      content: 'Let me look.',
      reasoning: 'Paris, two days.',
      toolCalls: [paris],
    });
    expect(chat.lastUsage?.reasoningTokens).toBeGreaterThan(3);
  });

  it('each generated token stands in exactly one part', async () => {
    const output = `<think>\nhm\n</think>\n\nSo: ${call}\n${call}`;
    const { chat } = scriptedChat([output], { source: qwen, options: { tools, reasoning: 'hidden' } });
    const parts = await partsOf(chat.send('Weather?'));
    const tokenIds = parts.flatMap(({ tokenId }) => tokenId ?? []);
    expect(tokenIds).toEqual(parts.at(-1)?.summary?.tokenIds);
    // The text between the name of a tool and its arguments, and behind them, is put in.
    const written = decoded(tokenIds);
    expect(written).toContain('<tool_call>\n{"name": "get_weather",{"city": "Paris", "days": 2}');
    expect(written.length).toBeLessThan(output.length);
    expect(parts.filter(({ type }) => type === 'reasoning')).toEqual([]);
    expect(parts.filter(({ type }) => type === 'toolCall').map((part) => 'id' in part && part.id)).toEqual([
      'call00000',
      'call00001',
    ]);
    expect(chat.messages.at(-1)?.reasoning).toBe('hm');
  });

  it('white space of a plain answer stays, control tokens that mean nothing are not shown', async () => {
    const { chat } = scriptedChat(['  Hi <|im_start|>there \n'], { source: chatMl });
    const parts = await partsOf(chat.send('x'));
    expect(parts.map(({ text }) => text).join('')).toBe('  Hi there \n');
  });

  it('reasoning stays in the text where that is asked for', async () => {
    const output = '<think>\nhm\n</think>\n\nYes.';
    const { chat } = scriptedChat([output], { source: qwen, options: { reasoning: 'text' } });
    const parts = await partsOf(chat.send('x'));
    expect(parts.map(({ text }) => text).join('')).toBe(output);
    expect(chat.messages.at(-1)).toEqual({ role: 'assistant', content: output });
  });

  it('without tools, the markup of a call is text', async () => {
    const { chat } = scriptedChat([call], { source: qwen });
    const parts = await partsOf(chat.send('How is a call written?'));
    expect(parts.map(({ text }) => text).join('')).toBe(call);
  });
});

describe('reasoning', () => {
  const thinking = {
    source: templateOf('Qwen-QwQ-32B'),
    options: { variables: { enable_thinking: true } },
  };

  it('is left out of the history as the template wants, and given to templates that read it', async () => {
    const { chat, prompts } = scriptedChat(['<think>\nsecret\n</think>\n\nYes.', 'ok'], { source: qwen });
    await partsOf(chat.send('a'));
    await partsOf(chat.send('b'));
    expect(decoded(prompts[1])).not.toContain('secret');
    const { chat: other, prompts: second } = scriptedChat(
      [`<think>\nlook it up\n</think>\n\n${call}`, 'ok'],
      {
        source: qwen,
        options: { tools },
      },
    );
    await partsOf(other.send('a'));
    await partsOf(other.send({ role: 'tool', content: 'sunny' }));
    expect(decoded(second[1])).toContain('<think>\nlook it up\n</think>');
  });

  it('variables reach the template', async () => {
    const { chat, prompts } = scriptedChat(['Yes.'], {
      source: qwen,
      options: { variables: { enable_thinking: false } },
    });
    const parts = await partsOf(chat.send('a'));
    expect(decoded(prompts[0])).toMatch(/<think>\n\n<\/think>\n\n$/);
    expect(parts.map(({ text }) => text).join('')).toBe('Yes.');
  });

  it('reasoning that the prompt has opened is reasoning', async () => {
    const { chat } = scriptedChat(['hm</think>Yes.'], thinking);
    const parts = await partsOf(chat.send('a'));
    expect(shapeOf(parts).slice(0, 2)).toEqual([
      { type: 'reasoning', reasoning: 'hm' },
      { type: 'text', text: 'Yes.' },
    ]);
  });

  it('a budget ends reasoning: its end is put in, and the answer begins', async () => {
    const long = '<think>\none two three four five six seven eight nine ten';
    const { chat, prompts } = scriptedChat([long, 'The answer.'], { source: qwen });
    const parts = await partsOf(chat.send('a', { reasoningBudget: 4 }));
    expect(prompts).toHaveLength(2);
    expect(decoded(prompts[1])).toMatch(/<think>\none two three[a-z ]*\n<\/think>\n\n$/);
    expect(parts.map(({ text }) => text).join('')).toBe('The answer.');
    expect(chat.lastUsage?.reasoningTokens).toBe(4);
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'end' });
  });

  it('a budget of none skips reasoning that the prompt has opened', async () => {
    const { chat, prompts } = scriptedChat(['Yes.'], thinking);
    await partsOf(chat.send('a', { reasoningBudget: 0 }));
    expect(decoded(prompts[0])).toMatch(/<think>\n\n<\/think>\n\n$/);
    expect(chat.messages.at(-1)).toEqual({ role: 'assistant', content: 'Yes.' });
  });
});

describe('templates', () => {
  const named = { tool_use: qwen, rag: chatMl.replace('<|im_start|>', '[rag]<|im_start|>') };

  it('the template for tools is taken where there are tools', async () => {
    const { chat, prompts } = scriptedChat(['a', 'b'], { source: chatMl, named });
    await partsOf(chat.send('x'));
    await partsOf(chat.send('y', { tools }));
    expect(decoded(prompts[0])).not.toContain('# Tools');
    expect(decoded(prompts[1])).toContain('# Tools');
  });

  it.each([
    ['a Jinja source', '{% for m in messages %}<{{ m.content }}>{% endfor %}', '<x>'],
    ['the name of a known format', 'llama-3', '<|start_header_id|>user<|end_header_id|>\n\nx<|eot_id|>'],
    ['a name of the file', 'rag', '[rag]'],
  ])('one may be given: %s', async (_, template, part) => {
    const { chat, prompts } = scriptedChat(['a'], { source: chatMl, named, options: { template } });
    await partsOf(chat.send('x'));
    expect(decoded(prompts[0])).toContain(part);
  });

  it('without one, a conversation is refused, and the message names the way out', () => {
    expect(() => scriptedChat([])).toThrow(/no chat template.*template.*--chat-template/);
    expect(() => scriptedChat([], { options: { template: 'lama-3' } })).toThrow(
      /no chat template named "lama-3".*llama-3/,
    );
    expect(scriptedChat([], { options: { template: 'chatml' } }).chat.messages).toEqual([]);
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
    const { chat } = scriptedChat(['a'], { source: chatMl, options: { tools } });
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
