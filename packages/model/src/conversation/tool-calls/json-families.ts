// Families that differ in their marks alone: a list of calls as JSON between two marks.
import { markedFormat, think } from '../output/marked-format.ts';
import type { OutputFormat } from '../output/output-format.ts';
import { jsonCalls } from './json-calls.ts';

const call = (tool: string): string => `{"name": ${JSON.stringify(tool)}, "arguments": `;

/** Granite 3. */
export const granite3 = markedFormat({
  name: 'granite-3',
  matches: (source) => source.includes('<|tool_call|>'),
  reasoning: think,
  calls: [jsonCalls({ begins: ['<|tool_call|>'], ends: [] })],
  callForm: (tool) => ({ before: `<|tool_call|>[${call(tool)}`, after: '}]', arguments: 'json' }),
});

/** Nemotron Nano v2. */
export const nemotronNano2: OutputFormat = markedFormat({
  name: 'nemotron-nano-2',
  matches: (source) => source.includes('<TOOLCALL>'),
  reasoning: think,
  calls: [jsonCalls({ begins: ['<TOOLCALL>'], ends: ['</TOOLCALL>'] })],
  callForm: (tool) => ({ before: `<TOOLCALL>[${call(tool)}`, after: '}]</TOOLCALL>', arguments: 'json' }),
});

/** Hunyuan, MiniMax-M1 and Apriel 1.5. */
export const toolCallsList = markedFormat({
  name: 'tool-calls-list',
  matches: (source) => source.includes('<tool_calls>'),
  reasoning: think,
  calls: [jsonCalls({ begins: ['<tool_calls>'], ends: ['</tool_calls>'] })],
  callForm: (tool) => ({ before: `<tool_calls>[${call(tool)}`, after: '}]</tool_calls>', arguments: 'json' }),
});

/** Apriel 1.6: reasoning begins with a sentence of the prompt, and a line begins the answer. */
export const apriel16 = markedFormat({
  name: 'apriel-1.6',
  matches: (source) => source.includes('[BEGIN FINAL RESPONSE]'),
  reasoning: {
    begins: ['Here are my reasoning steps:\n'],
    ends: ['[BEGIN FINAL RESPONSE]'],
    includesBegin: true,
  },
  dropped: ['[BEGIN FINAL RESPONSE]', '<|end|>'],
  calls: [jsonCalls({ begins: ['<tool_calls>'], ends: ['</tool_calls>'] })],
  callForm: (tool) => ({ before: `<tool_calls>[${call(tool)}`, after: '}]</tool_calls>', arguments: 'json' }),
});

/** Firefunction v2. */
export const firefunction2 = markedFormat({
  name: 'firefunction-2',
  matches: (source) => source.includes('functools['),
  calls: [jsonCalls({ begins: ['functools'], ends: [] })],
  callForm: (tool) => ({ before: ` functools[${call(tool)}`, after: '}]', arguments: 'json' }),
});

/** GigaChat 3 and 3.1. */
export const gigachat3 = markedFormat({
  name: 'gigachat-3',
  matches: (source) => source.includes('<|message_sep|>') && source.includes('<|role_sep|>'),
  dropped: ['<|message_sep|>'],
  calls: [
    jsonCalls({ begins: ['<|message_sep|>\n\nfunction call<|role_sep|>', '<|function_call|>'], ends: [] }),
  ],
  callForm: (tool) => ({
    before: `<|message_sep|>\n\nfunction call<|role_sep|>\n${call(tool)}`,
    after: '}',
    arguments: 'json',
  }),
});

/** Apertus: the name of the tool is a key. */
export const apertus = markedFormat({
  name: 'apertus',
  matches: (source) => source.includes('<|tools_prefix|>'),
  reasoning: { begins: ['<|inner_prefix|>'], ends: ['<|inner_suffix|>'] },
  calls: [jsonCalls({ begins: ['<|tools_prefix|>'], ends: ['<|tools_suffix|>'], isNameKey: true })],
  callForm: (tool) => ({
    before: `<|tools_prefix|>[{${JSON.stringify(tool)}: `,
    after: '}]<|tools_suffix|>',
    arguments: 'json',
  }),
});
