// Mistral: a list of calls behind `[TOOL_CALLS]`, and since 2025 a name, an id and arguments with marks of their own.
import { markedFormat } from '../output/marked-format.ts';
import type { CallSyntax } from '../output/output-format.ts';
import { takeOneOf, takeSpace, takeText, goesOnWith } from '../output/output-text.ts';
import { jsonCalls, takeArguments } from './json-calls.ts';

const list = jsonCalls({ begins: [], ends: [] });

/** Calls such as `[TOOL_CALLS]f[CALL_ID]123456789[ARGS]{…}`, or a list as JSON. */
const mistralCalls: CallSyntax = {
  begins: ['[TOOL_CALLS]'],
  *read(input, sink, context, begin) {
    yield* takeSpace(input);
    if (yield* goesOnWith(input, '[{')) return yield* list.read(input, sink, context, begin);
    const { text: name, stop } = yield* takeText(input, ['[CALL_ID]', '[ARGS]']);
    if (stop === undefined || name.trim() === '') return false;
    const id = stop === '[CALL_ID]' ? (yield* takeText(input, ['[ARGS]'])).text : '';
    sink.beginCall(name.trim(), id.trim());
    yield* takeSpace(input);
    yield* takeArguments(input, (text) => sink.argument(text));
    sink.endCall();
    yield* takeOneOf(input, ['</s>']);
    return true;
  },
};

export const mistral = markedFormat({
  name: 'mistral',
  matches: (source) => source.includes('[TOOL_CALLS]'),
  reasoning: { begins: ['[THINK]'], ends: ['[/THINK]'] },
  calls: [mistralCalls],
  callForm: (tool) => ({ before: `[TOOL_CALLS]${tool}[ARGS]`, after: '', arguments: 'json' }),
});

/** Mistral Nemo and the models before it: the list alone. */
export const mistralList = markedFormat({
  name: 'mistral-list',
  matches: (source) => source.includes('[TOOL_CALLS]') && !source.includes('[ARGS]'),
  calls: [mistralCalls],
  callForm: (tool) => ({
    before: `[TOOL_CALLS][{"name": ${JSON.stringify(tool)}, "arguments": `,
    after: '}]',
    arguments: 'json',
  }),
});
