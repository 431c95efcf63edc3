// MiniMax-M3: elements as in XML, each behind a mark. Lists are elements named `item`.
import { createArgumentWriter } from '../output/argument-writer.ts';
import {
  isTextOnly,
  itemsOf,
  jsonOfArgument,
  alternatives,
  propertyOf,
  type Schema,
} from '../output/argument-types.ts';
import { markedFormat } from '../output/marked-format.ts';
import type { CallSyntax } from '../output/output-format.ts';
import { takeLiteral, takeOneOf, takeSpace, takeText } from '../output/output-text.ts';

const mark = ']<]minimax[>[';

const minimaxCalls: CallSyntax = {
  begins: [`${mark}<tool_call>`],
  *read(input, sink, context) {
    const before = sink.calls;
    for (;;) {
      yield* takeSpace(input);
      if (!(yield* takeLiteral(input, `${mark}<invoke name="`))) break;
      const { text: name, stop } = yield* takeText(input, ['">']);
      if (stop === undefined || name === '') break;
      sink.beginCall(name);
      const writer = createArgumentWriter(sink);
      for (;;) {
        yield* takeSpace(input);
        if (yield* takeLiteral(input, `${mark}</invoke>`)) break;
        if (!(yield* takeLiteral(input, `${mark}<`))) return true;
        const { text: key } = yield* takeText(input, ['>']);
        const { text, stop: end } = yield* takeText(input, [`${mark}</${key}>`]);
        if (end === undefined) return true;
        writer.add(key, jsonOfElement(text, propertyOf(context.tools.get(name), key)));
      }
      writer.end();
      sink.endCall();
    }
    yield* takeSpace(input);
    yield* takeOneOf(input, [`${mark}</tool_call>`]);
    return sink.calls > before;
  },
};

/** The JSON of what stands in an element: a text, or further elements. */
function jsonOfElement(text: string, schema: Schema | undefined): string {
  const inner = text.trim();
  if (isTextOnly(schema) || !inner.startsWith(`${mark}<`)) return jsonOfArgument(text, schema);
  const elements: { readonly key: string; readonly text: string }[] = [];
  let rest = inner;
  while (rest.startsWith(`${mark}<`)) {
    const keyEnd = rest.indexOf('>', mark.length);
    const key = rest.slice(mark.length + 1, keyEnd);
    const close = `${mark}</${key}>`;
    const end = rest.indexOf(close, keyEnd);
    if (keyEnd < 0 || end < 0) return JSON.stringify(text);
    elements.push({ key, text: rest.slice(keyEnd + 1, end) });
    rest = rest.slice(end + close.length).trimStart();
  }
  if (rest !== '') return JSON.stringify(text);
  const isList = elements.every(({ key }) => key === 'item') && propertyOf(schema, 'item') === undefined;
  if (isList) return `[${elements.map((item) => jsonOfElement(item.text, itemsOf(schema))).join(', ')}]`;
  const members = elements.map(({ key, text: value }) => {
    const property = [schema, ...alternatives(schema)]
      .map((one) => propertyOf(one, key))
      .find((one) => one !== undefined);
    return `${JSON.stringify(key)}: ${jsonOfElement(value, property)}`;
  });
  return `{${members.join(', ')}}`;
}

export const minimaxM3 = markedFormat({
  name: 'minimax-m3',
  matches: (source) => source.includes(mark) || source.includes('mm:think'),
  reasoning: { begins: ['<mm:think>'], ends: ['</mm:think>'] },
  calls: [minimaxCalls],
  callForm: (tool) => ({
    before: `${mark}<tool_call>\n${mark}<invoke name="${tool}">`,
    after: `${mark}</invoke>\n${mark}</tool_call>`,
    arguments: 'notation',
  }),
});
