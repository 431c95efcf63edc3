// Kimi-K3: tags made of `<|open|>`, `<|close|>` and `<|sep|>`. Reasoning is open when the output begins.
import { markedFormat } from '../output/marked-format.ts';
import { taggedCalls } from './tagged-calls.ts';

const opened = (name: string): string => `<|open|>${name}<|sep|>`;
const closed = (name: string): string => `<|close|>${name}<|sep|>`;

export const kimiK3 = markedFormat({
  name: 'kimi-k3',
  matches: (source) => source.includes('<|open|>') && source.includes('<|sep|>'),
  reasoning: { begins: [opened('think')], ends: [closed('think'), opened('response')], endsAtCall: true },
  dropped: [opened('response'), closed('response'), closed('message')],
  calls: [
    taggedCalls({
      section: { opens: [opened('tools')], closes: [closed('tools')] },
      call: { open: '<|open|>call tool="', nameEnd: '"', tagEnd: '<|sep|>', close: closed('call') },
      parameter: {
        open: '<|open|>argument key="',
        nameEnd: '"',
        tagEnd: '<|sep|>',
        close: closed('argument'),
      },
      isText: (attributes) => {
        const [, type] = /type="(\w+)"/.exec(attributes) ?? [];
        return type === undefined ? undefined : type === 'string';
      },
    }),
  ],
  callForm: (tool) => ({
    before: `${opened('tools')}<|open|>call tool="${tool}" index="1"<|sep|>`,
    after: `${closed('call')}${closed('tools')}`,
    arguments: 'notation',
  }),
});
