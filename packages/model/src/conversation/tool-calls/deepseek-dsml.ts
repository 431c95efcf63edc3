// DeepSeek V3.2 and V4: the markup DSML. An attribute tells texts from JSON. A call ends reasoning that is not closed.
import { markedFormat, think } from '../output/marked-format.ts';
import { taggedCalls } from './tagged-calls.ts';

const tag = '｜DSML｜';

export const deepseekDsml = markedFormat({
  name: 'deepseek-dsml',
  matches: (source) => source.includes(tag),
  reasoning: { ...think, endsAtCall: true },
  calls: [
    taggedCalls({
      section: {
        opens: [`<${tag}function_calls>`, `<${tag}tool_calls>`],
        closes: [`</${tag}function_calls>`, `</${tag}tool_calls>`],
      },
      call: { open: `<${tag}invoke name="`, nameEnd: '"', tagEnd: '>', close: `</${tag}invoke>` },
      parameter: { open: `<${tag}parameter name="`, nameEnd: '"', tagEnd: '>', close: `</${tag}parameter>` },
      isText: (attributes) => /string="(true|false)"/.exec(attributes)?.[1] === 'true',
    }),
  ],
  callForm: (tool) => ({
    before: `<${tag}function_calls>\n<${tag}invoke name="${tool}">\n`,
    after: `</${tag}invoke>\n</${tag}function_calls>`,
    arguments: 'notation',
  }),
});
