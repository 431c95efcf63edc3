// Qwen3-Coder, and the models with its tags: Qwen 3.5, Nemotron 3, StepFun 3.5. A call ends reasoning that is not closed.
import { markedFormat, think } from '../output/marked-format.ts';
import { taggedCalls, type NamedTag } from './tagged-calls.ts';

/** The tags inside `<tool_call>`. */
export const functionTag: NamedTag = { open: '<function=', nameEnd: '>', close: '</function>' };
/** The tags inside `<function=…>`. */
export const parameterTag: NamedTag = { open: '<parameter=', nameEnd: '>', close: '</parameter>' };

export const qwen3Coder = markedFormat({
  name: 'qwen3-coder',
  matches: (source) => source.includes('<function=') && source.includes('<parameter='),
  reasoning: { ...think, endsAtCall: true },
  calls: [
    taggedCalls({
      section: { opens: ['<tool_call>'], closes: ['</tool_call>'] },
      call: functionTag,
      parameter: parameterTag,
      isBare: true,
    }),
  ],
  callForm: (tool) => ({
    before: `<tool_call>\n<function=${tool}>\n`,
    after: '</function>\n</tool_call>',
    arguments: 'notation',
  }),
});
