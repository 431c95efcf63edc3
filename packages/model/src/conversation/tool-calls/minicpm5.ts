// MiniCPM5.
import { markedFormat, think } from '../output/marked-format.ts';
import { taggedCalls } from './tagged-calls.ts';

export const minicpm5 = markedFormat({
  name: 'minicpm5',
  matches: (source) => source.includes('<function name=') && source.includes('<param name='),
  reasoning: think,
  calls: [
    taggedCalls({
      section: { opens: [], closes: [] },
      call: { open: '<function name="', nameEnd: '"', tagEnd: '>', close: '</function>' },
      parameter: { open: '<param name="', nameEnd: '"', tagEnd: '>', close: '</param>' },
      isBare: true,
    }),
  ],
  callForm: (tool) => ({
    before: `<function name="${tool}">`,
    after: '</function>',
    arguments: 'notation',
  }),
});
