// Gemma 4: a notation of its own for arguments, and channels for thoughts, which may stand anywhere.
import { createArgumentWriter } from '../output/argument-writer.ts';
import { markedFormat } from '../output/marked-format.ts';
import type { CallSyntax } from '../output/output-format.ts';
import {
  nextCharacter,
  takeLiteral,
  takeSpace,
  takeText,
  type OutputText,
  type Reading,
} from '../output/output-text.ts';

const quote = '<|"|>';

const gemmaCalls: CallSyntax = {
  begins: ['<|tool_call>'],
  *read(input, sink) {
    yield* takeSpace(input);
    if (!(yield* takeLiteral(input, 'call:'))) return false;
    const { text: name, stop } = yield* takeText(input, ['{']);
    if (stop === undefined || name.trim() === '') return false;
    sink.beginCall(name.trim());
    const writer = createArgumentWriter(sink);
    for (;;) {
      yield* takeSpace(input);
      if (yield* takeLiteral(input, '}')) break;
      const key = yield* takeKey(input);
      if (key === undefined) return true;
      const json = yield* takeValue(input);
      if (json === undefined) return true;
      writer.add(key, json);
      yield* takeSpace(input);
      yield* takeLiteral(input, ',');
    }
    writer.end();
    sink.endCall();
    yield* takeSpace(input);
    yield* takeLiteral(input, '<tool_call|>');
    return true;
  },
};

/** Takes a key, with or without quotes, and its colon. */
function* takeKey(input: OutputText): Reading<string | undefined> {
  if (yield* takeLiteral(input, quote)) {
    const { text, stop } = yield* takeText(input, [quote]);
    yield* takeLiteral(input, ':');
    return stop === undefined ? undefined : text;
  }
  const { text, stop } = yield* takeText(input, [':']);
  return stop === undefined ? undefined : text.trim();
}

/** Takes a value, and gives its JSON; undefined if the text ends before the value does. */
function* takeValue(input: OutputText): Reading<string | undefined> {
  yield* takeSpace(input);
  if (yield* takeLiteral(input, quote)) {
    const { text, stop } = yield* takeText(input, [quote]);
    return stop === undefined ? undefined : JSON.stringify(text);
  }
  const items: string[] = [];
  if (yield* takeLiteral(input, '[')) {
    for (;;) {
      yield* takeSpace(input);
      if (yield* takeLiteral(input, ']')) return `[${items.join(', ')}]`;
      const item = yield* takeValue(input);
      if (item === undefined) return undefined;
      items.push(item);
      yield* takeSpace(input);
      yield* takeLiteral(input, ',');
    }
  }
  if (yield* takeLiteral(input, '{')) {
    for (;;) {
      yield* takeSpace(input);
      if (yield* takeLiteral(input, '}')) return `{${items.join(', ')}}`;
      const key = yield* takeKey(input);
      const value = key === undefined ? undefined : yield* takeValue(input);
      if (value === undefined) return undefined;
      items.push(`${JSON.stringify(key)}: ${value}`);
      yield* takeSpace(input);
      yield* takeLiteral(input, ',');
    }
  }
  return yield* takeWord(input);
}

/** Takes a number or a word; a word that is no JSON is a text. */
function* takeWord(input: OutputText): Reading<string | undefined> {
  let word = '';
  for (;;) {
    const next = yield* nextCharacter(input);
    if (next === '' || /[,\]}]/.test(next)) break;
    word += input.take(1);
  }
  const text = word.trim();
  if (text === '') return undefined;
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

export const gemma4 = markedFormat({
  name: 'gemma-4',
  matches: (source) => source.includes('<|tool_call>'),
  reasoning: { begins: ['<|channel>thought'], ends: ['<channel|>'], isAnywhere: true },
  dropped: ['<channel|>', '<|channel>'],
  calls: [gemmaCalls],
  callForm: (tool) => ({
    before: `<|tool_call>call:${tool}{`,
    after: '}<tool_call|>',
    arguments: 'notation',
  }),
});
