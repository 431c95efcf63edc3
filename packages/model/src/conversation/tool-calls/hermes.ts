// Hermes, and the many models that write calls its way: Qwen 2.5 and 3, QwQ, Granite 4, MiMo, Reka Edge.
import { markedFormat, think } from '../output/marked-format.ts';
import { jsonCalls } from './json-calls.ts';

/** Calls such as `<tool_call>{"name": "f", "arguments": {…}}</tool_call>`. */
export const hermesCalls = jsonCalls({ begins: ['<tool_call>'], ends: ['</tool_call>'] });

export const hermes = markedFormat({
  name: 'hermes',
  matches: (source) => source.includes('<tool_call>'),
  reasoning: think,
  calls: [hermesCalls],
  callForm: (tool) => ({
    before: `<tool_call>\n{"name": ${JSON.stringify(tool)}, "arguments": `,
    after: '}\n</tool_call>',
    arguments: 'json',
  }),
});
