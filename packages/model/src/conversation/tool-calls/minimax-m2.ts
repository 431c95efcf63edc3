// MiniMax-M2.
import { markedFormat, think } from '../output/marked-format.ts';
import { taggedCalls } from './tagged-calls.ts';

export const minimaxM2 = markedFormat({
  name: 'minimax-m2',
  matches: (source) => source.includes('minimax:tool_call'),
  reasoning: think,
  calls: [
    taggedCalls({
      section: { opens: ['<minimax:tool_call>'], closes: ['</minimax:tool_call>'] },
      call: { open: '<invoke name="', nameEnd: '"', tagEnd: '>', close: '</invoke>' },
      parameter: { open: '<parameter name="', nameEnd: '"', tagEnd: '>', close: '</parameter>' },
    }),
  ],
  callForm: (tool) => ({
    before: `<minimax:tool_call>\n<invoke name="${tool}">\n`,
    after: '</invoke>\n</minimax:tool_call>',
    arguments: 'notation',
  }),
});
