// Calls that are JSON: an object with a name and arguments, or a list of such objects. Families differ in the marks around the
// JSON and in the names of its keys.
import type { CallSyntax } from '../output/output-format.ts';
import { escapedText, parsedJson, takeJson, takeJsonText } from '../output/json-value.ts';
import type { OutputSink } from '../output/output-sink.ts';
import {
  nextCharacter,
  takeLiteral,
  takeOneOf,
  takeSpace,
  type OutputText,
  type Reading,
} from '../output/output-text.ts';

/** The names of the keys. */
export interface CallKeys {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly id: string;
}

/** The keys of most families. */
export const commonKeys: CallKeys = { name: 'name', arguments: ['arguments', 'parameters'], id: 'id' };

/** How a family writes calls as JSON. */
export interface JsonCallOptions {
  readonly begins: readonly string[];
  /** Marks at the end; a missing mark is no error. */
  readonly ends: readonly string[];
  readonly keys?: CallKeys;
  /** Whether an object has the name of the tool as its one key, and the arguments as its value. */
  readonly isNameKey?: boolean;
}

/** Makes the syntax of calls that are JSON. */
export function jsonCalls({
  begins,
  ends,
  keys = commonKeys,
  isNameKey = false,
}: JsonCallOptions): CallSyntax {
  return {
    begins,
    *read(input, sink) {
      const before = sink.calls;
      yield* takeSpace(input);
      const isList = yield* takeLiteral(input, '[');
      for (;;) {
        yield* takeSpace(input);
        const isRead = isNameKey ? yield* readNamed(input, sink) : yield* readCall(input, sink, keys);
        if (!isRead) break;
        yield* takeSpace(input);
        if (!isList || !(yield* takeLiteral(input, ','))) break;
      }
      if (isList && (yield* takeLiteral(input, ']'))) yield* takeSpace(input);
      if (sink.calls === before) return false;
      yield* takeSpace(input);
      yield* takeOneOf(input, ends);
      return true;
    },
  };
}

/** Reads an object such as `{"name": "f", "arguments": {…}}`. The order of its keys does not matter. */
export function* readCall(input: OutputText, sink: OutputSink, keys: CallKeys): Reading<boolean> {
  if (!(yield* takeLiteral(input, '{'))) return false;
  let hasName = false;
  let hasArguments = false;
  let id = '';
  let waiting: string | undefined;
  for (;;) {
    yield* takeSpace(input);
    const key = yield* takeKey(input);
    if (key === undefined) break;
    if (key === keys.name) {
      const name = parsedJson((yield* takeJsonText(input)) ?? '');
      if (typeof name !== 'string' || name === '' || hasName) break;
      hasName = true;
      sink.beginCall(name, id);
      if (waiting !== undefined) sink.argument(waiting);
    } else if (keys.arguments.includes(key)) {
      hasArguments = true;
      if (hasName) yield* takeArguments(input, (text) => sink.argument(text));
      else {
        waiting = '';
        yield* takeArguments(input, (text) => {
          waiting = `${waiting ?? ''}${text}`;
        });
      }
    } else {
      const value = parsedJson((yield* takeJsonText(input)) ?? '');
      if (key === keys.id && (typeof value === 'string' || typeof value === 'number')) {
        id = String(value);
        if (hasName) sink.identify(id);
      }
    }
    yield* takeSpace(input);
    if (!(yield* takeLiteral(input, ','))) break;
  }
  if (!hasName) return false;
  yield* takeSpace(input);
  const isWhole = yield* takeLiteral(input, '}');
  if (!hasArguments && isWhole) sink.argument('{}');
  if (isWhole) sink.endCall();
  return true;
}

/** Takes the arguments: an object, or a text that has the object as JSON. */
export function* takeArguments(input: OutputText, onText: (text: string) => void): Reading<boolean> {
  if ((yield* nextCharacter(input)) !== '"') return yield* takeJson(input, onText);
  const value = parsedJson((yield* takeJsonText(input)) ?? '');
  if (typeof value !== 'string') return false;
  onText(parsedJson(value) === undefined ? `"${escapedText(value)}"` : value);
  return true;
}

/** Takes a key and its colon. */
function* takeKey(input: OutputText): Reading<string | undefined> {
  if ((yield* nextCharacter(input)) !== '"') return undefined;
  const key = parsedJson((yield* takeJsonText(input)) ?? '');
  yield* takeSpace(input);
  if (typeof key !== 'string' || !(yield* takeLiteral(input, ':'))) return undefined;
  yield* takeSpace(input);
  return key;
}

/** Reads an object such as `{"f": {…}}`. */
function* readNamed(input: OutputText, sink: OutputSink): Reading<boolean> {
  if (!(yield* takeLiteral(input, '{'))) return false;
  yield* takeSpace(input);
  const name = yield* takeKey(input);
  if (name === undefined || name === '') return false;
  sink.beginCall(name);
  yield* takeArguments(input, (text) => sink.argument(text));
  yield* takeSpace(input);
  yield* takeLiteral(input, '}');
  sink.endCall();
  return true;
}
