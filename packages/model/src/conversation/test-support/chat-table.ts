// Reads llama.cpp's tests/test-chat.cpp: outputs of models, and the messages that they mean. The file is a program, so its
// declarations and loops are followed; nothing of the file is committed.
import { readFileSync } from 'node:fs';
import { llamaCppPath } from '@rondo/testkit';
import {
  cppTokens,
  isSign,
  readExpression,
  type CppExpression,
  type CppReader,
} from '@rondo/testkit/cpp-source';

/** A call in an expected message. */
export interface TableCall {
  readonly name: string;
  readonly arguments: string;
  readonly id: string;
}

/** A message of the table. */
export interface TableMessage {
  readonly role: string;
  readonly content: string;
  readonly reasoning: string;
  readonly calls: readonly TableCall[];
  readonly toolCallId?: string;
}

/** One case: the output of a model, and the message that it means. */
export interface ChatCase {
  /** Path of the template below llama.cpp's folder. */
  readonly template: string;
  readonly input: string;
  readonly expected: TableMessage;
  readonly isPartial: boolean;
  /** Settings by llama.cpp's names; those left out have llama.cpp's default. */
  readonly tools: readonly {
    readonly name: string;
    readonly description: string;
    readonly parameters: string;
  }[];
  readonly enableThinking: boolean;
  readonly reasoningFormat: string;
  readonly parallelToolCalls: boolean;
  readonly toolChoice: string;
  readonly addGenerationPrompt: boolean;
  readonly continuation: string;
  readonly jsonSchema: string;
  readonly messages: readonly TableMessage[];
}

type Values = Map<string, unknown>;

const empty: TableMessage = { role: 'assistant', content: '', reasoning: '', calls: [] };

/** All cases. Loops over templates give a case for each template. */
export function readChatCases(): ChatCase[] {
  const source = readFileSync(llamaCppPath('tests/test-chat.cpp'), 'utf8');
  const tokens = cppTokens(source);
  const indexOf = (name: string): number => {
    const at = tokens.findIndex(
      ({ value }, index) =>
        value === name && tokens[index - 1]?.value === 'void' && tokens[index + 1]?.value === '(',
    );
    if (at < 0) throw new Error(`test-chat.cpp has no function ${name}.`);
    return at;
  };
  const cases: ChatCase[] = [];
  const values: Values = new Map<string, unknown>([['detailed_debug', false]]);
  const walker: Walker = {
    tokens,
    cases,
    functions: new Map([['test_lfm2_parser', indexOf('test_lfm2_parser')]]),
  };
  walk(walker, 0, indexOf('test_lfm2_parser') - 2, values);
  const begin = indexOf('test_template_output_peg_parsers');
  walk(walker, begin, endOf(walker, begin), values);
  return cases;
}

interface Walker {
  readonly tokens: readonly { readonly kind: string; readonly value: string }[];
  readonly cases: ChatCase[];
  readonly functions: ReadonlyMap<string, number>;
}

/** Index behind the block that begins at or behind `from`. */
function endOf({ tokens }: Walker, from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind !== 'sign') continue;
    if (token.value === '{') depth++;
    if (token.value === '}' && --depth === 0) return at + 1;
  }
  return tokens.length;
}

const types = /^(?:const|static|auto|char|std::string|common_chat_msg|common_chat_tool|\*|&)$/;

/** Follows the statements between two tokens. */
function walk(walker: Walker, from: number, to: number, values: Values): void {
  const { tokens } = walker;
  for (let at = from; at < to; at++) {
    const value = tokens[at]?.value ?? '';
    const colon = value === 'for' ? listedLoop(tokens, at) : undefined;
    if (colon !== undefined) {
      const name = tokens[colon - 1]?.value ?? '';
      const reader = readerAt(walker, colon + 1);
      const items = itemsOf(read(reader), values);
      const bodyEnd = endOf(walker, reader.at);
      for (const item of items) walk(walker, reader.at, bodyEnd, new Map(values).set(name, item));
      at = bodyEnd - 1;
      continue;
    }
    const called = walker.functions.get(value);
    if (
      called !== undefined &&
      at !== called &&
      tokens[at + 1]?.value === '(' &&
      tokens[at - 1]?.value !== 'void'
    ) {
      const [path] = argumentsOf(readExpression(readerAt(walker, at)), values);
      walk(walker, called, endOf(walker, called), new Map(values).set('template_path', path));
      continue;
    }
    if (/^tst\d*$/.test(value) && tokens[at + 1]?.value === '.' && tokens[at + 2]?.value === 'test') {
      const reader = readerAt(walker, at);
      walker.cases.push(caseOf(readExpression(reader), values));
      at = reader.at;
      continue;
    }
    try {
      declare(walker, at, values);
    } catch {
      // Many declarations of the file are no tables.
    }
  }
}

/** Keeps the value of the declaration or assignment at a token, if there is one. */
function declare(walker: Walker, at: number, values: Values): void {
  const { tokens } = walker;
  const value = tokens[at]?.value ?? '';
  const before = tokens[at - 1]?.value ?? '';
  const next = tokens[at + 1];
  if (tokens[at]?.kind !== 'name' || next?.kind !== 'sign') return;
  const known = values.get(value);
  const key = fields.get(tokens[at + 2]?.value ?? '');
  if (isMessage(known) && next.value === '.' && key !== undefined && tokens[at + 3]?.value === '=') {
    values.set(value, { ...known, [key]: valueOf(readExpression(readerAt(walker, at + 4)), values) });
  }
  if (!types.test(before)) return;
  if (next.value === ';') values.set(value, empty);
  if (next.value !== '=' && next.value !== '{') return;
  const expression = readExpression(readerAt(walker, next.value === '=' ? at + 2 : at + 1));
  const isList = expression.kind === 'list';
  values.set(value, isList ? declared(tokens, at, expression, values) : valueOf(expression, values));
}

/** Fields of a message that later statements set. */
const fields = new Map([
  ['role', 'role'],
  ['content', 'content'],
  ['reasoning_content', 'reasoning'],
  ['tool_call_id', 'toolCallId'],
]);

/** Index of the colon of a loop over a list in braces: `for (const auto & path : { … })`. */
function listedLoop(tokens: Walker['tokens'], at: number): number | undefined {
  const colon = tokens.slice(at, at + 9).findIndex(({ kind, value }) => kind === 'sign' && value === ':');
  return colon > 0 && tokens[at + colon + 1]?.value === '{' ? at + colon : undefined;
}

const readerAt = ({ tokens }: Walker, at: number): CppReader => ({
  tokens: tokens as CppReader['tokens'],
  at,
});

const read = (reader: CppReader): CppExpression => {
  const expression = readExpression(reader);
  if (isSign(reader, ')')) reader.at++;
  return expression;
};

/** A declared list is a message if its type says so, and else a list. */
function declared(
  tokens: Walker['tokens'],
  at: number,
  expression: CppExpression & { kind: 'list' },
  values: Values,
): unknown {
  const items = expression.items.map((item) => valueOf(item, values));
  const isOfMessages = tokens.slice(at - 3, at).some(({ value }) => value === 'common_chat_msg');
  if (!isOfMessages) return items;
  const [role, content, parts, , reasoning] = items;
  const texts = Array.isArray(parts)
    ? parts.map((part: unknown) => (Array.isArray(part) ? textOf(part[1]) : ''))
    : [];
  return {
    ...empty,
    role: textOf(role),
    content: textOf(content) || texts.join('\n'),
    reasoning: textOf(reasoning),
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const isMessage = (value: unknown): value is TableMessage =>
  typeof value === 'object' && value !== null && 'calls' in value;

function itemsOf(expression: CppExpression, values: Values): unknown[] {
  const value = valueOf(expression, values);
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

const argumentsOf = (expression: CppExpression, values: Values): unknown[] =>
  expression.kind === 'call' || expression.kind === 'method'
    ? expression.items.map((item) => valueOf(item, values))
    : [];

/** The value of an expression: a text, a truth, a list, or a message. */
function valueOf(expression: CppExpression, values: Values): unknown {
  switch (expression.kind) {
    case 'text':
      return expression.value;
    case 'number':
      return Number(expression.value);
    case 'name':
      if (expression.value === 'true' || expression.value === 'false') return expression.value === 'true';
      if (values.has(expression.value)) return values.get(expression.value);
      if (/^[A-Z_]+$/.test(expression.value)) return expression.value;
      throw new Error(`The name ${expression.value} is unknown.`);
    case 'list':
      return expression.items.map((item) => valueOf(item, values));
    case 'sum':
      return expression.items.map((item) => textOf(valueOf(item, values))).join('');
    case 'call':
      return called(expression.name, argumentsOf(expression, values));
    case 'method':
      throw new Error(`The method ${expression.name} is unknown.`);
  }
}

function called(name: string, values: readonly unknown[]): unknown {
  const texts = values.map(textOf);
  const [first = '', second = '', third = '', fourth = '', fifth = ''] = texts;
  const withCall = (
    content: string,
    reasoning: string,
    tool: string,
    written: string,
    id: string,
  ): TableMessage => ({
    ...empty,
    content,
    reasoning,
    calls: tool === '' && id === '' ? [] : [{ name: tool, arguments: written, id }],
  });
  switch (name) {
    case 'peg_tester':
    case 'std::string':
      return first;
    case 'simple_assist_msg':
      return withCall(first, second, third, fourth, fifth);
    case 'message_with_tool_calls':
      return withCall('', '', first, second, '');
    case 'message_with_tool_calls_and_reasoning':
      return withCall('', third, first, second, '');
    case 'message_with_content_and_tool_call':
      return withCall(first, '', second, third, '');
    case 'message_with_reasoning_and_tool_call':
      return withCall('', first, second, third, '');
    case 'message_with_reasoning_content_and_multiple_tool_calls':
      return { ...empty, reasoning: first, content: second, calls: callsOf(values[2]) };
    default:
      throw new Error(`The function ${name} is unknown.`);
  }
}

function callsOf(value: unknown): TableCall[] {
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown) => {
    const [name, written, id] = Array.isArray(item) ? (item as unknown[]) : [];
    return { name: textOf(name), arguments: textOf(written), id: textOf(id) };
  });
}

/** The case of a chain `tst.test(…).tools(…)….run()`. */
function caseOf(expression: CppExpression, values: Values): ChatCase {
  const set = new Map<string, unknown>();
  let link = expression;
  while (link.kind === 'method') {
    const [value] = argumentsOf(link, values);
    set.set(link.name, value ?? true);
    link = link.object;
  }
  if (link.kind !== 'name') throw new Error('A chain of test-chat.cpp begins with no tester.');
  const expected = set.get('expect');
  const base = isMessage(expected) ? expected : empty;
  const text = (name: string, otherwise = '') => textOf(set.get(name) ?? otherwise);
  return {
    template: textOf(values.get(link.value)),
    input: text('test'),
    expected: {
      role: base.role,
      content: set.has('expect_content') ? text('expect_content') : base.content,
      reasoning: set.has('expect_reasoning') ? text('expect_reasoning') : base.reasoning,
      calls: set.has('expect_tool_calls') ? callsOf(set.get('expect_tool_calls')) : base.calls,
    },
    isPartial: set.get('is_partial') === true,
    tools: listOf(set.get('tools')).map((tool) => {
      const [name, description, parameters] = listOf(tool).map(textOf);
      return { name: name ?? '', description: description ?? '', parameters: parameters ?? '' };
    }),
    enableThinking: set.get('enable_thinking') !== false,
    reasoningFormat: text('reasoning_format', 'COMMON_REASONING_FORMAT_NONE'),
    parallelToolCalls: set.get('parallel_tool_calls') === true,
    toolChoice: text('tool_choice', 'COMMON_CHAT_TOOL_CHOICE_AUTO'),
    addGenerationPrompt: set.get('add_generation_prompt') !== false,
    continuation: text('continue_final_message', 'COMMON_CHAT_CONTINUATION_NONE'),
    jsonSchema: text('json_schema'),
    messages: listOf(set.get('messages')).filter(isMessage),
  };
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
