// Reads messages that a program gives: checks their keys, and brings them into the one shape of `ChatMessage`.
import { quoted, shownValue } from '@rondo/errors';
import { badArgument, checkKeys, isRecord, textOf } from './bad-argument.ts';
import type { ChatMessage, GivenMessage, ToolCall } from './chat-message.ts';
import { parsedJson } from '../output/json-value.ts';

const messageKeys = [
  'role',
  'content',
  'reasoning',
  'reasoning_content',
  'toolCalls',
  'tool_calls',
  'toolCallId',
  'tool_call_id',
  'name',
];

/** The pattern of a role. Other characters could write control tokens. */
export const plainRole = /^[A-Za-z0-9_-]{1,64}$/;

/** @throws RondoError `BAD_ARGUMENT` for a role that is no plain name */
export function checkRole(role: unknown): asserts role is string {
  if (typeof role === 'string' && plainRole.test(role)) return;
  throw badArgument(
    `The role ${typeof role === 'string' ? JSON.stringify(role) : shownValue(role)} is no plain name. Use letters, digits, "-" and "_", such as "user".`,
    { role },
  );
}

/**
 * The messages of a conversation.
 *
 * @param given a text of the user, a message, or a list of messages
 * @param first the number of the first message, for errors
 * @throws RondoError `BAD_ARGUMENT` for unknown keys, contents of other kinds, and messages without content
 */
export function readMessages(
  given: string | GivenMessage | readonly GivenMessage[],
  first = 0,
): ChatMessage[] {
  if (typeof given === 'string') return [readMessage({ role: 'user', content: given }, 'The message')];
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  return list.map((message, index) => readMessage(message, `Message ${first + index + 1}`));
}

function readMessage(given: unknown, what: string): ChatMessage {
  if (!isRecord(given)) {
    throw badArgument(
      `${what} must be a text or a message such as { role: 'user', content: … }, not ${shownValue(given)}.`,
      { found: given },
    );
  }
  checkKeys(what, given, messageKeys);
  const { role } = given;
  checkRole(role);
  const toolCalls = readCalls(what, given['toolCalls'] ?? given['tool_calls']);
  const reasoning = textOf(what, given, 'reasoning', 'reasoning_content');
  const toolCallId = textOf(what, given, 'toolCallId', 'tool_call_id');
  const name = textOf(what, given, 'name');
  const content = readContent(what, given['content']);
  if (toolCalls !== undefined && role !== 'assistant') {
    throw badArgument(
      `${what} has tool calls, which only the assistant makes; its role is ${quoted(role)}.`,
      { role },
    );
  }
  if (toolCallId !== undefined && role !== 'tool') {
    throw badArgument(`${what} is the result of a call; its role must be "tool", not ${quoted(role)}.`, {
      role,
    });
  }
  const isEmpty = content === undefined || (content === '' && role === 'user');
  if (isEmpty && toolCalls === undefined && reasoning === undefined) {
    throw badArgument(`${what} is empty. Give it a content.`, { role });
  }
  return {
    role,
    content: content ?? '',
    ...(reasoning === undefined || reasoning === '' ? {} : { reasoning }),
    ...(toolCalls === undefined ? {} : { toolCalls }),
    ...(toolCallId === undefined ? {} : { toolCallId }),
    ...(name === undefined ? {} : { name }),
  };
}

/** The text of a content: a text, or the parts of a list, each on lines of its own. */
function readContent(what: string, content: unknown): string | undefined {
  if (content === undefined || content === null) return undefined;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) {
    throw badArgument(
      `The content of ${lower(what)} must be a text or a list of text parts, not ${shownValue(content)}.`,
      {
        found: content,
      },
    );
  }
  const texts = content.map((part: unknown, index) => {
    const name = `Part ${index + 1} of ${lower(what)}`;
    if (isRecord(part) && part['type'] !== 'text' && part['type'] !== undefined) {
      throw badArgument(`${name} is of the type ${shownValue(part['type'])}; only text is known.`, {
        type: part['type'],
      });
    }
    checkKeys(name, part, ['type', 'text']);
    const text = textOf(name, part, 'text');
    if (text === undefined) throw badArgument(`${name} has no text.`);
    return text;
  });
  return texts.length === 0 ? undefined : texts.join('\n');
}

const lower = (what: string): string => what.charAt(0).toLowerCase() + what.slice(1);

function readCalls(what: string, given: unknown): readonly ToolCall[] | undefined {
  if (given === undefined || given === null) return undefined;
  if (!Array.isArray(given)) {
    throw badArgument(`The tool calls of ${lower(what)} must be a list, not ${shownValue(given)}.`, {
      found: given,
    });
  }
  const calls = given.map((call: unknown, index) =>
    readCall(call, `Call ${index + 1} of ${lower(what)}`, index),
  );
  return calls.length === 0 ? undefined : calls;
}

function readCall(given: unknown, what: string, index: number): ToolCall {
  const isNested = isRecord(given) && given['function'] !== undefined;
  checkKeys(
    what,
    given,
    isNested ? ['id', 'type', 'function', 'index'] : ['id', 'type', 'name', 'arguments', 'value'],
  );
  const inner = isNested ? given['function'] : given;
  if (isNested) checkKeys(`The function of ${lower(what)}`, inner, ['name', 'arguments']);
  const record = inner as Readonly<Record<string, unknown>>;
  const name = textOf(what, record, 'name');
  if (name === undefined || name === '') throw badArgument(`${what} has no name of a tool.`);
  const id = textOf(what, given, 'id') ?? `call_${index}`;
  const written = record['arguments'];
  if (typeof written === 'string') return { id, name, arguments: written, value: parsedJson(written) };
  const json = written === undefined ? '{}' : JSON.stringify(written);
  if (json === undefined)
    throw badArgument(`The arguments of ${lower(what)} are no JSON.`, { found: written });
  return { id, name, arguments: json, value: parsedJson(json) };
}
