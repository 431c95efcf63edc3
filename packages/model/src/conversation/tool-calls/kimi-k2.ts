// Kimi-K2: the id of a call has the tool's name in it. A call ends reasoning that is not closed.
import { markedFormat, think } from '../output/marked-format.ts';
import type { CallSyntax } from '../output/output-format.ts';
import { takeLiteral, takeOneOf, takeSpace, takeText } from '../output/output-text.ts';
import { takeArguments } from './json-calls.ts';

const section = '<|tool_calls_section_begin|>';
const begin = '<|tool_call_begin|>';

const kimiCalls: CallSyntax = {
  begins: [section, begin],
  *read(input, sink, _, mark) {
    let isBegun = mark === begin;
    for (;;) {
      yield* takeSpace(input);
      if (!isBegun && !(yield* takeLiteral(input, begin))) break;
      isBegun = false;
      const { text, stop } = yield* takeText(input, ['<|tool_call_argument_begin|>']);
      if (stop === undefined) return false;
      const id = text.trim();
      sink.beginCall(id.replace(/^functions\./, '').replace(/:\d+$/, ''), id);
      yield* takeSpace(input);
      yield* takeArguments(input, (piece) => sink.argument(piece));
      sink.endCall();
      yield* takeSpace(input);
      yield* takeLiteral(input, '<|tool_call_end|>');
    }
    yield* takeSpace(input);
    yield* takeOneOf(input, ['<|tool_calls_section_end|>']);
    return sink.calls > 0;
  },
};

export const kimiK2 = markedFormat({
  name: 'kimi-k2',
  matches: (source) => source.includes('tool_calls_section_begin'),
  reasoning: { ...think, endsAtCall: true },
  calls: [kimiCalls],
  callForm: (tool) => ({
    before: `${section}${begin}functions.${tool}:0<|tool_call_argument_begin|>`,
    after: '<|tool_call_end|><|tool_calls_section_end|>',
    arguments: 'json',
  }),
});
