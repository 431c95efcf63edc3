// What holds for the outputs of every family, whatever a model writes.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outputFormats } from '../tool-calls/index.ts';
import { createOutputParser } from './output-parser.ts';
import type { OutputFormat } from './output-format.ts';

const tools = new Map([
  ['f', { type: 'object', properties: { a: { type: 'string' }, b: { type: 'integer' } } }],
  ['g', undefined],
]);

/** Everything that is read, with neighbouring events of one kind joined. */
function read(format: OutputFormat, pieces: readonly string[], keepsReasoning: boolean): unknown[] {
  const parser = createOutputParser(format, { tools, keepsReasoning });
  const events = [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
  const joined: { type: string; index: number | undefined; text: string }[] = [];
  for (const event of events) {
    const index = 'index' in event ? event.index : undefined;
    const text = 'text' in event ? event.text : 'name' in event ? event.name : 'id' in event ? event.id : '';
    const last = joined.at(-1);
    if (last?.type === event.type && last.index === index) last.text += text;
    else joined.push({ type: event.type, index, text });
  }
  return joined;
}

/** Pieces of outputs: marks of all families, whole and cut, and what stands between them. */
const marks = [
  '<think>',
  '</think>',
  '<tool_call>',
  '</tool_call>',
  '<function=f>',
  '<parameter=a>',
  '</parameter>',
  '</function>',
  '[TOOL_CALLS]',
  'f[ARGS]',
  '<|tool_call_start|>[f(a="x", b=',
  ')]<|tool_call_end|>',
  '<|channel|>analysis<|message|>',
  '<|end|><|start|>assistant',
  ' to=functions.f<|message|>',
  '<|tool_call>call:f{a:<|"|>',
  '<|"|>}<tool_call|>',
  '<|channel>thought',
  '<channel|>',
  '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>',
  'f<｜tool▁sep｜>',
  '<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>',
  '<arg_key>a</arg_key><arg_value>',
  '</arg_value>',
  '{"name": "f", "arguments": {"a": "x"}}',
  '[{"name": "g"',
  '}]',
  '"',
  '\\',
  '>>>f\n',
  '<|python_tag|>f.call(a=[1, {"b": ',
  ']<]minimax[>[<tool_call>]<]minimax[>[<invoke name="f">]<]minimax[>[<a>',
  'plain text ',
  '\n',
  'é🦙',
];
const piece = fc.oneof(
  fc.constantFrom(...marks),
  fc.constantFrom(...marks).chain((mark) => fc.nat(mark.length).map((length) => mark.slice(0, length))),
  fc.string({ maxLength: 4 }),
);
const output = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

describe.each(outputFormats)('$name', (format) => {
  it('an output is read alike whole and piece by piece, and calls are begun before they end', () => {
    fc.assert(
      fc.property(output, fc.boolean(), (text, keepsReasoning) => {
        const whole = read(format, [text], keepsReasoning);
        expect(read(format, [...text], keepsReasoning)).toEqual(whole);
        const begun = whole.filter((event) => (event as { type: string }).type === 'callBegin').length;
        const ended = whole.filter((event) => (event as { type: string }).type === 'callEnd').length;
        expect(ended).toBe(begun);
      }),
      { numRuns: 150 },
    );
  });

  it('a text without marks is the answer, unchanged', () => {
    const words = fc.array(fc.constantFrom('a', 'Bc', '12', '.', ' ', '\n', 'é', '🦙'), { maxLength: 20 });
    fc.assert(
      fc.property(words, (pieces) => {
        const text = `x${pieces.join('')}`;
        expect(read(format, [...text], false)).toEqual([{ type: 'text', index: undefined, text }]);
      }),
      { numRuns: 50 },
    );
  });
});
