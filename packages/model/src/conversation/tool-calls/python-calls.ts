// Calls in the notation of Python: `f(city="Paris", count=3)`.
import { createArgumentWriter } from '../output/argument-writer.ts';
import { escapedText } from '../output/json-value.ts';
import type { OutputSink } from '../output/output-sink.ts';
import {
  nextCharacter,
  takeLiteral,
  takeSpace,
  takeText,
  type OutputText,
  type Reading,
} from '../output/output-text.ts';

/** Reads the arguments of a call, from behind the bracket that opens them. */
export function* readPythonCall(input: OutputText, sink: OutputSink, name: string): Reading<boolean> {
  if (name === '') return false;
  sink.beginCall(name);
  const writer = createArgumentWriter(sink);
  for (;;) {
    yield* takeSpace(input);
    if (yield* takeLiteral(input, ')')) break;
    const { text: key, stop } = yield* takeText(input, ['=', ')']);
    if (stop !== '=') break;
    yield* takeSpace(input);
    const json = yield* takePython(input);
    if (json === undefined) return true;
    writer.add(key.trim(), json);
    yield* takeSpace(input);
    if (!(yield* takeLiteral(input, ','))) {
      if (!(yield* takeLiteral(input, ')'))) return true;
      break;
    }
  }
  writer.end();
  sink.endCall();
  return true;
}

/** Takes a literal of Python, and gives its JSON; undefined if the text ends before the literal does. */
export function* takePython(input: OutputText): Reading<string | undefined> {
  const first = yield* nextCharacter(input);
  if (first === '') return undefined;
  if (first === '"' || first === "'") return yield* takePythonText(input, first);
  if (first === '[' || first === '(') return yield* takePythonList(input, first === '[' ? ']' : ')');
  if (first === '{') return yield* takePythonDict(input);
  let word = '';
  for (;;) {
    const next = yield* nextCharacter(input);
    if (!/[-+.\w]/.test(next)) break;
    word += input.take(1);
  }
  if (word === '') return undefined;
  const json = words.get(word) ?? word;
  try {
    JSON.parse(json);
    return json;
  } catch {
    return JSON.stringify(word);
  }
}

const words = new Map([
  ['True', 'true'],
  ['False', 'false'],
  ['None', 'null'],
]);

function* takePythonText(input: OutputText, quote: string): Reading<string | undefined> {
  input.take(1);
  let json = '"';
  for (;;) {
    const next = yield* nextCharacter(input);
    if (next === '') return undefined;
    input.take(1);
    if (next === quote) return `${json}"`;
    if (next !== '\\') json += escapedText(next);
    else {
      const escaped = yield* nextCharacter(input);
      if (escaped === '') return undefined;
      input.take(1);
      json += escapes.get(escaped) ?? (escaped === 'u' ? String.raw`\u` : escapedText(`\\${escaped}`));
    }
  }
}

const escapes = new Map([
  ['n', String.raw`\n`],
  ['t', String.raw`\t`],
  ['r', String.raw`\r`],
  ['b', String.raw`\b`],
  ['f', String.raw`\f`],
  ['"', String.raw`\"`],
  ["'", "'"],
  ['\\', String.raw`\\`],
  ['\n', ''],
]);

function* takePythonList(input: OutputText, close: string): Reading<string | undefined> {
  input.take(1);
  const items: string[] = [];
  for (;;) {
    yield* takeSpace(input);
    if (yield* takeLiteral(input, close)) return `[${items.join(', ')}]`;
    const item = yield* takePython(input);
    if (item === undefined) return undefined;
    items.push(item);
    yield* takeSpace(input);
    yield* takeLiteral(input, ',');
  }
}

function* takePythonDict(input: OutputText): Reading<string | undefined> {
  input.take(1);
  const items: string[] = [];
  for (;;) {
    yield* takeSpace(input);
    if (yield* takeLiteral(input, '}')) return `{${items.join(', ')}}`;
    const key = yield* takePython(input);
    if (key === undefined) return undefined;
    yield* takeSpace(input);
    if (!(yield* takeLiteral(input, ':'))) return undefined;
    yield* takeSpace(input);
    const value = yield* takePython(input);
    if (value === undefined) return undefined;
    items.push(`${key.startsWith('"') ? key : JSON.stringify(key)}: ${value}`);
    yield* takeSpace(input);
    yield* takeLiteral(input, ',');
  }
}
