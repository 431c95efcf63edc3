// DeepSeek R1, V3 and V3.1. R1 and V3 write the word `function` before the mark, and the arguments in a block of code.
import { markedFormat, think } from '../output/marked-format.ts';
import type { CallSyntax } from '../output/output-format.ts';
import { takeLiteral, takeOneOf, takeSpace, takeText } from '../output/output-text.ts';
import { takeArguments } from './json-calls.ts';

const section = '<｜tool▁calls▁begin｜>';
const begin = '<｜tool▁call▁begin｜>';

const deepseekCalls: CallSyntax = {
  begins: [section, begin],
  *read(input, sink, _, mark) {
    const before = sink.calls;
    let isBegun = mark === begin;
    for (;;) {
      yield* takeSpace(input);
      if (!isBegun && !(yield* takeLiteral(input, begin))) break;
      isBegun = false;
      const { text, stop } = yield* takeText(input, ['<｜tool▁sep｜>']);
      if (stop === undefined) return sink.calls > before;
      const isInBlock = text.trim() === 'function';
      const name = isInBlock ? (yield* takeText(input, ['\n'])).text : text;
      if (name.trim() === '') return sink.calls > before;
      sink.beginCall(name.trim());
      yield* takeSpace(input);
      if (isInBlock) yield* takeLiteral(input, '```json');
      yield* takeSpace(input);
      yield* takeArguments(input, (piece) => sink.argument(piece));
      sink.endCall();
      yield* takeSpace(input);
      yield* takeLiteral(input, '```');
      yield* takeLiteral(input, '<｜tool▁call▁end｜>');
    }
    yield* takeSpace(input);
    yield* takeOneOf(input, ['<｜tool▁calls▁end｜>']);
    return sink.calls > before;
  },
};

/** DeepSeek V3.1. */
export const deepseekV31 = markedFormat({
  name: 'deepseek-v3.1',
  matches: (source) => source.includes('tool▁calls▁begin') && !source.includes('```json'),
  reasoning: think,
  calls: [deepseekCalls],
  callForm: (tool) => ({
    before: `${section}${begin}${tool}<｜tool▁sep｜>`,
    after: '<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    arguments: 'json',
  }),
});

/** DeepSeek R1 and V3. */
export const deepseekR1 = markedFormat({
  name: 'deepseek-r1',
  matches: (source) => source.includes('tool▁calls▁begin'),
  reasoning: think,
  calls: [deepseekCalls],
  callForm: (tool) => ({
    before: `${section}${begin}function<｜tool▁sep｜>${tool}\n\`\`\`json\n`,
    after: '\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    arguments: 'json',
  }),
});
