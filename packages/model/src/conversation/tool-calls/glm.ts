// GLM 4.x, Ling 3, Spark 2.5 and Laguna: tags for the key and the value of each argument.
import { createArgumentWriter } from '../output/argument-writer.ts';
import { propertyOf } from '../output/argument-types.ts';
import { markedFormat, think } from '../output/marked-format.ts';
import type { CallSyntax } from '../output/output-format.ts';
import { takeLiteral, takeSpace, takeText } from '../output/output-text.ts';

const close = '</tool_call>';

const glmCalls: CallSyntax = {
  begins: ['<tool_call>'],
  *read(input, sink, context) {
    yield* takeSpace(input);
    const { text, stop } = yield* takeText(input, ['\n', '<arg_key>', close]);
    const name = text.trim();
    if (stop === undefined || name === '' || name.startsWith('{')) return false;
    sink.beginCall(name);
    const writer = createArgumentWriter(sink);
    let mark: string | undefined = stop;
    while (mark !== close) {
      if (mark !== '<arg_key>') ({ stop: mark } = yield* takeText(input, ['<arg_key>', close]));
      if (mark === undefined) return true;
      if (mark === close) break;
      const { text: key } = yield* takeText(input, ['</arg_key>']);
      yield* takeSpace(input);
      if (!(yield* takeLiteral(input, '<arg_value>'))) return true;
      const schema = propertyOf(context.tools.get(name), key.trim());
      const end = yield* writer.read(input, key.trim(), { ends: ['</arg_value>'], schema });
      if (end === undefined) return true;
      mark = undefined;
      ({ stop: mark } = yield* takeText(input, ['<arg_key>', close]));
    }
    writer.end();
    sink.endCall();
    return true;
  },
};

export const glm = markedFormat({
  name: 'glm',
  matches: (source) => source.includes('<arg_key>'),
  reasoning: { ...think, endsAtCall: true },
  dropped: ['<|role_end|>'],
  calls: [glmCalls],
  callForm: (tool) => ({ before: `<tool_call>${tool}\n`, after: close, arguments: 'notation' }),
});
