// Functionary v3.1 writes a tag around the arguments; v3.2 writes `>>>` and a recipient before each message.
import { markedFormat } from '../output/marked-format.ts';
import type { CallSyntax, OutputFormat, ReadContext } from '../output/output-format.ts';
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
import { takeArguments } from './json-calls.ts';

const tagCalls: CallSyntax = {
  begins: ['<function='],
  *read(input, sink) {
    const { text: name, stop } = yield* takeText(input, ['>']);
    if (stop === undefined || name.trim() === '') return false;
    sink.beginCall(name.trim());
    yield* takeSpace(input);
    yield* takeArguments(input, (text) => sink.argument(text));
    sink.endCall();
    yield* takeSpace(input);
    yield* takeLiteral(input, '</function>');
    return true;
  },
};

export const functionary31 = markedFormat({
  name: 'functionary-3.1',
  matches: (source) => source.includes('<function='),
  calls: [tagCalls],
  callForm: (tool) => ({ before: `<function=${tool}>`, after: '</function>', arguments: 'json' }),
});

export const functionary32: OutputFormat = {
  name: 'functionary-3.2',
  matches: (source) => source.includes('>>>'),
  prefill: () => '',
  endOfReasoning: undefined,
  begun: ({ content }) =>
    content === ''
      ? []
      : [
          { text: 'all\n', special: true },
          { text: content, special: false },
        ],
  read: readRecipients,
  callForm: (tool) => ({ before: `${tool}\n`, after: '', arguments: 'json' }),
};

/** Reads messages such as `all\nHello>>>f\n{…}`. A text without the name of a recipient is an answer. */
function* readRecipients(input: OutputText, sink: OutputSink, context: ReadContext): Reading {
  yield* takeLiteral(input, '>>>');
  for (;;) {
    let recipient = '';
    for (const name of ['all', ...context.tools.keys()]) {
      if (recipient === '' && (yield* goesOnWith(input, `${name}\n`))) recipient = name;
    }
    if (recipient !== '') input.take(recipient.length + 1);
    if (recipient !== '' && recipient !== 'all') {
      sink.beginCall(recipient);
      yield* takeSpace(input);
      yield* takeArguments(input, (text) => sink.argument(text));
      sink.endCall();
      sink.turn();
      yield* takeSpace(input);
      if (!(yield* takeLiteral(input, '>>>'))) return;
    } else {
      const stop = yield* takeUntil(input, context.tools.size > 0 ? ['>>>'] : [], (text) => sink.text(text));
      if (stop === undefined) return;
    }
  }
}
