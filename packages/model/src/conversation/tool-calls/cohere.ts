// Command R7B, Command A and Cohere2MoE; and Command R+, which writes calls behind the word `Action`.
import { markedFormat } from '../output/marked-format.ts';
import { jsonCalls } from './json-calls.ts';

const keys = { name: 'tool_name', arguments: ['parameters'], id: 'tool_call_id' };

export const commandR7b = markedFormat({
  name: 'command-r7b',
  matches: (source) => source.includes('<|START_ACTION|>'),
  reasoning: { begins: ['<|START_THINKING|>'], ends: ['<|END_THINKING|>'] },
  dropped: ['<|START_RESPONSE|>', '<|END_RESPONSE|>', '<|START_TEXT|>', '<|END_TEXT|>'],
  calls: [jsonCalls({ begins: ['<|START_ACTION|>'], ends: ['<|END_ACTION|>'], keys })],
  callForm: (tool) => ({
    before: `<|START_ACTION|>[\n    {"tool_call_id": "0", "tool_name": ${JSON.stringify(tool)}, "parameters": `,
    after: '}\n]<|END_ACTION|>',
    arguments: 'json',
  }),
});

export const commandRPlus = markedFormat({
  name: 'command-r-plus',
  matches: (source) => source.includes('<|CHATBOT_TOKEN|>') && source.includes('Action:'),
  dropped: ['<|CHATBOT_TOKEN|>', '<|END_OF_TURN_TOKEN|>'],
  calls: [jsonCalls({ begins: ['Action:\n```json', 'Action: ```json'], ends: ['```'], keys })],
  callForm: (tool) => ({
    before: `Action:\n\`\`\`json\n[\n    {\n        "tool_name": ${JSON.stringify(tool)},\n        "parameters": `,
    after: '\n    }\n]```',
    arguments: 'json',
  }),
});
