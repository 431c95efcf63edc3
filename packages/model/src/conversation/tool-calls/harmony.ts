// gpt-oss: harmony. An output is a row of messages, each with a header that has a channel and a recipient.
import type { OutputFormat, ReadContext } from '../output/output-format.ts';
import type { OutputSink } from '../output/output-sink.ts';
import { takeText, takeUntil, type OutputText, type Reading } from '../output/output-text.ts';

const analysis = '<|channel|>analysis<|message|>';
const next = '<|start|>assistant';
const ends = ['<|end|>', '<|return|>', '<|call|>', '<|start|>'];

export const harmony: OutputFormat = {
  name: 'harmony',
  matches: (source) => source.includes('<|channel|>') && source.includes('<|message|>'),
  prefill: () => '',
  endOfReasoning: `<|end|>${next}`,
  begun({ content, reasoning, isReasoning }) {
    const thought = [
      { text: analysis, special: true },
      { text: reasoning, special: false },
    ];
    if (isReasoning) return thought;
    return [
      ...(reasoning === '' ? [] : [...thought, { text: `<|end|>${next}`, special: true }]),
      { text: '<|channel|>final<|message|>', special: true },
      { text: content, special: false },
    ];
  },
  read: readMessages,
  callForm: (tool) => ({
    before: `<|channel|>commentary to=functions.${tool} <|constrain|>json<|message|>`,
    after: '<|call|>',
    arguments: 'json',
  }),
};

function* readMessages(input: OutputText, sink: OutputSink, context: ReadContext): Reading {
  for (;;) {
    const { text: header, stop } = yield* takeText(input, ['<|message|>']);
    if (stop === undefined) {
      sink.text(header.replace(/^assistant|<\|\w+\|>/g, ''));
      return;
    }
    const channel = [...header.matchAll(/<\|channel\|>(\w+)/g)].at(-1)?.[1];
    const recipient = [...header.matchAll(/to=([^\s<]+)/g)]
      .map(([, name = '']) => name)
      .findLast((name) => name !== 'assistant');
    if (recipient !== undefined) {
      sink.beginCall(recipient.replace(/^functions\./, ''));
      const end = yield* takeUntil(input, ends, (text) => sink.argument(text));
      sink.endCall();
      if (end === undefined) return;
    } else if (channel === 'analysis') {
      sink.isInReasoning = true;
      if (context.keepsReasoning) sink.verbatim(analysis);
      const end = yield* takeUntil(input, ends, (text) =>
        context.keepsReasoning ? sink.verbatim(text) : sink.reasoning(text),
      );
      if (end === undefined) return;
      sink.isInReasoning = false;
      if (context.keepsReasoning) sink.verbatim('<|end|>');
    } else {
      const end = yield* takeUntil(input, ends, (text) => sink.text(text));
      if (end === undefined) return;
    }
    if (!context.keepsReasoning) sink.turn();
  }
}
