// Llama 3.1 to 3.3: the whole output is a call as JSON, or calls of built-in tools as Python behind `<|python_tag|>`.
import { markedFormat } from '../output/marked-format.ts';
import type { OutputFormat, ReadContext } from '../output/output-format.ts';
import type { OutputSink } from '../output/output-sink.ts';
import {
  goesOnWith,
  takeLiteral,
  takeSpace,
  takeText,
  takeUntil,
  type OutputText,
  type Reading,
} from '../output/output-text.ts';
import { commonKeys, readCall } from './json-calls.ts';
import { readPythonCall } from './python-calls.ts';

const plain = markedFormat({
  name: 'llama-3',
  matches: () => false,
  calls: [],
  callForm: (tool) => ({
    before: `{"name": ${JSON.stringify(tool)}, "parameters": `,
    after: '}',
    arguments: 'json',
  }),
});

export const llama3: OutputFormat = {
  ...plain,
  matches: (source) => source.includes('<|python_tag|>') || /ipython/i.test(source),
  read: readLlama3,
};

function* readLlama3(input: OutputText, sink: OutputSink, context: ReadContext): Reading {
  if (context.tools.size === 0) return yield* plain.read(input, sink, context);
  input.record();
  yield* takeSpace(input);
  const isTagged = yield* takeLiteral(input, '<|python_tag|>');
  const isCall = (yield* goesOnWith(input, '{'))
    ? yield* readCall(input, sink, commonKeys)
    : isTagged && (yield* readTagged(input, sink));
  if (!isCall) {
    sink.verbatim(input.recorded);
    yield* takeUntil(input, [], (text) => sink.text(text));
    return;
  }
  for (;;) {
    sink.turn();
    yield* takeSpace(input);
    if (!(yield* takeLiteral(input, ';'))) break;
    yield* takeSpace(input);
    if (!(yield* readCall(input, sink, commonKeys))) break;
  }
  yield* takeUntil(input, [], (text) => sink.text(text));
}

/** Reads `brave_search.call(query="…")`, or code for the tool `python`. */
function* readTagged(input: OutputText, sink: OutputSink): Reading<boolean> {
  const { text, stop } = yield* takeText(input, ['.call(']);
  if (stop !== undefined && /^[\w.-]+$/.test(text)) return yield* readPythonCall(input, sink, text);
  if (stop !== undefined) {
    const { text: more } = yield* takeText(input, []);
    return writeCode(sink, `${text}${stop}${more}`);
  }
  return text.trim() !== '' && writeCode(sink, text);
}

function writeCode(sink: OutputSink, code: string): boolean {
  sink.beginCall('python');
  sink.argument(JSON.stringify({ code }));
  sink.endCall();
  return true;
}
