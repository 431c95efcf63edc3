// llama.cpp's table of outputs and the messages that they mean, through our parsers, piece by piece and at once.
import { readFileSync } from 'node:fs';
import { llamaCppPath } from '@rondo/testkit';
import { describe, expect, it } from 'vitest';
import { createOutputParser } from '../output/output-parser.ts';
import type { OutputEvent } from '../output/output-sink.ts';
import { promptOf } from '../prompt.ts';
import { createChatTemplate, type ChatMessage } from '../templates/index.ts';
import { readChatCases, type ChatCase, type TableMessage } from '../test-support/chat-table.ts';
import { outputFormatOf } from './index.ts';

const cases = readChatCases();
const nameOf = (template: string): string => template.replace(/^.*\/(.*)\.jinja$/, '$1');

/** The cases that differ, by template and beginning of the output, with the reason. */
const differing: readonly (readonly [template: string, input: string, reason: string, isText?: boolean])[] = [
  [
    'mistralai-Ministral-3',
    '[THINK]I need to output the invoice',
    'a fence of code around an answer as JSON stays: a grammar forbids the fence',
  ],
  [
    'meta-llama-Llama-3.1',
    '```json\n"42"',
    'a fence of code around an answer as JSON stays: a grammar forbids the fence',
  ],
  [
    'inclusionai-ling-3.0',
    'I need to check the time first.',
    'the mark of the prompt is a part of a text that keeps its reasoning',
    true,
  ],
  [
    'MiniMax-M3',
    '<mm:think>Union string</mm:think>]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name="union_args">]<]minimax[>[<label>]<]',
    'elements in an argument that may be an object are read as an object',
  ],
  ['Apriel-1.6', "world!\nWhat's up?", 'continued reasoning has the sentence with which the model begins it'],
  [
    'Apriel-1.6',
    ' thinking\n[BEGIN FINAL RESPONSE]',
    'continued reasoning has the sentence with which the model begins it',
  ],
  [
    'openai-gpt-oss',
    '<|channel|>analysis<|message|>I will execute python to say hello<|end|><|start|>assistant to=container.exec',
    'a call of a tool that was not given is a call, and is not dropped',
  ],
  [
    'openai-gpt-oss',
    '<|channel|>analysis<|message|>I will execute python to say hello<|end|><|start|>assistant<|channel|>commentary to=python',
    'a call of a tool that was not given is a call, and is not dropped',
  ],
];

const isListed = (each: ChatCase, [name, begin, , isText = false]: (typeof differing)[number]): boolean =>
  nameOf(each.template).startsWith(name) &&
  each.input.startsWith(begin) &&
  (!isText || each.reasoningFormat.endsWith('NONE'));
const isDiffering = (each: ChatCase): boolean => differing.some((listed) => isListed(each, listed));

interface Read {
  content: string;
  reasoning: string;
  readonly calls: { name: string; arguments: string; id: string }[];
}

function collect(read: Read, events: readonly OutputEvent[]): void {
  for (const event of events) {
    if (event.type === 'text') read.content += event.text;
    else if (event.type === 'reasoning') read.reasoning += event.text;
    else if (event.type === 'callBegin') read.calls.push({ name: event.name, arguments: '', id: '' });
    else {
      const call = read.calls[event.index];
      if (call !== undefined && event.type === 'callId') call.id = event.id;
      if (call !== undefined && event.type === 'callArguments') call.arguments += event.text;
    }
  }
}

/** The format of a case and the beginning of its output. */
function beginningOf(each: ChatCase) {
  const source = readFileSync(llamaCppPath(each.template), 'utf8');
  const isContinued = !each.continuation.endsWith('NONE');
  const keepsReasoning = each.reasoningFormat.endsWith('NONE');
  const given =
    each.messages.length === 0
      ? [{ role: 'user', content: 'Hey there!', reasoning: '', calls: [] }]
      : each.messages;
  const messages = (isContinued ? given.slice(0, -1) : given).map(messageOf);
  const last = isContinued ? each.messages.at(-1) : undefined;
  const thinking = each.enableThinking;
  const tools = each.tools.map(({ name, description, parameters }) => ({
    name,
    description,
    parameters: JSON.parse(parameters) as Record<string, unknown>,
  }));
  const begun = last && {
    content: last.content,
    reasoning: keepsReasoning ? '' : last.reasoning,
    isReasoning: each.continuation.endsWith('REASONING'),
  };
  const request = {
    template: createChatTemplate(source, { bosToken: '<s>', eosToken: '</s>' }),
    messages,
    tools,
    variables: {
      enable_thinking: thinking,
      thinking,
      reasoning: thinking,
      thinking_option: thinking ? 'on' : 'off',
    },
    policy: { isOff: false, isForced: false, tool: undefined },
    begun,
  };
  const context = { tools: new Map(tools.map(({ name, parameters }) => [name, parameters])), keepsReasoning };
  try {
    return { ...promptOf(request), context };
  } catch (error) {
    if (!failsToRender.has(nameOf(each.template))) throw error;
    const format = outputFormatOf(source);
    const written = begun ? format.begun(begun, '') : [];
    return { format, prefill: written.map(({ text }) => text).join(''), context };
  }
}

/** Templates that Python cannot render either without tools, or with these tools. */
const failsToRender = new Set([
  'NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use',
  'NousResearch-Hermes-3-Llama-3.1-8B-tool_use',
  'CohereForAI-c4ai-command-r-plus-tool_use',
  'llama-cpp-deepseek-r1',
]);

function messageOf({ role, content, reasoning, calls, toolCallId }: TableMessage): ChatMessage {
  return {
    role,
    content,
    ...(reasoning === '' ? {} : { reasoning }),
    ...(calls.length === 0
      ? {}
      : { toolCalls: calls.map((call) => ({ ...call, value: JSON.parse(call.arguments) as unknown })) }),
    ...(toolCallId === undefined ? {} : { toolCallId }),
  };
}

/** What is read of an output in pieces of `step` characters. */
function readIn(each: ChatCase, step: number): Read {
  const { format, prefill, context } = beginningOf(each);
  const parser = createOutputParser(format, context, prefill);
  const read: Read = { content: '', reasoning: '', calls: [] };
  for (let at = 0; at < each.input.length; at += step)
    collect(read, parser.push(each.input.slice(at, at + step)));
  if (!each.isPartial) collect(read, parser.end());
  return read;
}

/** A message as llama.cpp's test compares it: without white space at the edges, and arguments by value. */
function compared({ content, reasoning, calls }: Read | TableMessage): object {
  const byValue = (json: string): unknown => {
    try {
      return JSON.parse(json) as unknown;
    } catch {
      return undefined;
    }
  };
  return {
    content: content.trim(),
    reasoning: reasoning.trim(),
    calls: calls.map(({ name, arguments: written, id }) => ({ name, arguments: byValue(written), id })),
  };
}

it('the table is read whole, and all but eight of its cases are read as llama.cpp reads them', () => {
  expect(cases).toHaveLength(461);
  expect(new Set(cases.map(({ template }) => template)).size).toBe(58);
  expect(cases.filter(({ template, input }) => !template.endsWith('.jinja') || input === '')).toEqual([]);
  expect(cases.filter(isDiffering)).toHaveLength(differing.length);
});

describe.each([...new Set(cases.map(({ template }) => template))])('%s', (template) => {
  const all = cases.filter((each) => each.template === template);

  it.each(all.filter((each) => !isDiffering(each)))('$input', (each) => {
    expect(compared(readIn(each, 1))).toEqual(compared(each.expected));
    expect(compared(readIn(each, Infinity))).toEqual(compared(each.expected));
  });

  it('what is known of each beginning of an output is a beginning of what is known in the end', () => {
    for (const each of all) {
      const { format, prefill, context } = beginningOf(each);
      const whole = readIn({ ...each, isPartial: false }, Infinity);
      const parser = createOutputParser(format, context, prefill);
      const read: Read = { content: '', reasoning: '', calls: [] };
      for (const character of each.input) {
        collect(read, parser.push(character));
        expect(whole.content.startsWith(read.content)).toBe(true);
        expect(whole.reasoning.startsWith(read.reasoning)).toBe(true);
        for (const [index, call] of read.calls.entries()) {
          expect(whole.calls[index]?.name).toBe(call.name);
          expect(whole.calls[index]?.arguments.startsWith(call.arguments)).toBe(true);
        }
      }
    }
  });
});

describe('cases that differ', () => {
  it.each(differing.map((listed) => ({ listed, name: listed[0], reason: listed[2] })))(
    '$name: $reason',
    ({ listed }) => {
      const found = cases.filter((each) => isListed(each, listed));
      expect(found).toHaveLength(1);
      for (const each of found) expect(compared(readIn(each, 1))).not.toEqual(compared(each.expected));
    },
  );
});
