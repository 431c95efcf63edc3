// Muse Glimmer: messages with a recipient. A call stands in a message to the tool; the same markup in an answer is text.
import type { OutputFormat, ReadContext } from '../output/output-format.ts';
import type { OutputSink } from '../output/output-sink.ts';
import { takeText, takeUntil, type OutputText, type Reading } from '../output/output-text.ts';
import { taggedCalls } from './tagged-calls.ts';

const ends = ['<|eom|>', '<|eot|>', '<|start|>'];
const section = '<atem:function_calls>';

const museCalls = taggedCalls({
  section: { opens: [section], closes: ['</atem:function_calls>'] },
  call: { open: '<atem:invoke name="', nameEnd: '"', tagEnd: '>', close: '</atem:invoke>' },
  parameter: { open: '<atem:parameter name="', nameEnd: '"', tagEnd: '>', close: '</atem:parameter>' },
});

export const museGlimmer: OutputFormat = {
  name: 'muse-glimmer',
  matches: (source) => source.includes('atem:function_calls'),
  prefill: () => '',
  endOfReasoning: '<|eom|><|start|>assistant',
  begun({ content, reasoning, isReasoning }) {
    const thought = [
      { text: ' to=self<|message|>', special: true },
      { text: reasoning, special: false },
    ];
    if (isReasoning) return thought;
    return [
      ...(reasoning === '' ? [] : [...thought, { text: '<|eom|><|start|>assistant', special: true }]),
      { text: ' to=user<|message|>', special: true },
      { text: content, special: false },
    ];
  },
  read: readMessages,
  callForm: (tool) => ({
    before: ` to=${tool}<|message|>${section}\n<atem:invoke name="${tool}">\n`,
    after: '</atem:invoke>\n</atem:function_calls>',
    arguments: 'notation',
  }),
};

function* readMessages(input: OutputText, sink: OutputSink, context: ReadContext): Reading {
  for (;;) {
    const { text: header, stop } = yield* takeText(input, ['<|message|>']);
    if (stop === undefined) return sink.text(header);
    const [, recipient = 'user'] = /to=([^\s<]+)/.exec(header) ?? [];
    const isOwn = recipient === 'self';
    if (!isOwn && recipient !== 'user') {
      const { stop: begin } = yield* takeText(input, [section, ...ends]);
      if (begin === section) yield* museCalls.read(input, sink, context, section);
      sink.turn();
      if (begin === section) yield* takeText(input, ends);
    } else {
      sink.isInReasoning = isOwn;
      const show = (text: string): void => {
        if (!isOwn) sink.text(text);
        else if (context.keepsReasoning) sink.verbatim(text);
        else sink.reasoning(text);
      };
      if ((yield* takeUntil(input, ends, show)) === undefined) return;
      sink.isInReasoning = false;
      sink.turn();
    }
    if (input.isEnded && input.rest === '') return;
  }
}
