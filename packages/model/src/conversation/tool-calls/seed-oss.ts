// Seed-OSS of ByteDance.
import { markedFormat } from '../output/marked-format.ts';
import { functionTag, parameterTag } from './qwen3-coder.ts';
import { taggedCalls } from './tagged-calls.ts';

export const seedOss = markedFormat({
  name: 'seed-oss',
  matches: (source) => source.includes('seed:tool_call') || source.includes('seed:think'),
  reasoning: { begins: ['<seed:think>'], ends: ['</seed:think>'] },
  calls: [
    taggedCalls({
      section: { opens: ['<seed:tool_call>'], closes: ['</seed:tool_call>'] },
      call: functionTag,
      parameter: parameterTag,
    }),
  ],
  callForm: (tool) => ({
    before: `<seed:tool_call>\n<function=${tool}>\n`,
    after: '</function>\n</seed:tool_call>',
    arguments: 'notation',
  }),
});
