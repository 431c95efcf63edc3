// LFM2 of Liquid AI: a list of calls in the notation of Python.
import { markedFormat, think } from '../output/marked-format.ts';
import type { CallSyntax } from '../output/output-format.ts';
import { takeLiteral, takeOneOf, takeSpace, takeText } from '../output/output-text.ts';
import { readPythonCall } from './python-calls.ts';

const lfm2Calls: CallSyntax = {
  begins: ['<|tool_call_start|>'],
  *read(input, sink) {
    const before = sink.calls;
    yield* takeSpace(input);
    if (!(yield* takeLiteral(input, '['))) return false;
    do {
      yield* takeSpace(input);
      const { text: name, stop } = yield* takeText(input, ['(', ']']);
      if (stop !== '(' || !/^[\w.-]+$/.test(name)) break;
      yield* readPythonCall(input, sink, name);
      yield* takeSpace(input);
    } while (yield* takeLiteral(input, ','));
    yield* takeOneOf(input, [']']);
    yield* takeSpace(input);
    yield* takeOneOf(input, ['<|tool_call_end|>']);
    return sink.calls > before;
  },
};

export const lfm2 = markedFormat({
  name: 'lfm2',
  matches: (source) =>
    source.includes('<|tool_call_start|>') ||
    source.includes('<|tool_list_start|>') ||
    source.includes('List of tools: ['),
  reasoning: think,
  calls: [lfm2Calls],
  callForm: (tool) => ({
    before: `<|tool_call_start|>[${tool}(`,
    after: ')]<|tool_call_end|>',
    arguments: 'notation',
  }),
});
