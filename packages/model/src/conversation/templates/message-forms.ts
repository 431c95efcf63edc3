// The forms in which messages are shown to a template. Templates differ in what they can read: some refuse a system
// message or never look at it, some read contents as lists of typed pieces only.
import { fromData } from '@rondo/template';
import type { ChatMessage, ToolCall } from '../messages/chat-message.ts';

/** A message as a template sees it. */
export interface ShownMessage {
  readonly role: string;
  readonly content: unknown;
  readonly [key: string]: unknown;
}

/** How messages are shown. */
export interface FormOptions {
  /** Whether each content is a list of one piece of text, as SmolVLM's template reads contents. */
  readonly asLists: boolean;
  /** Whether arguments of calls are JSON texts, as in OpenAI's API, or values, as in Transformers. */
  readonly argumentsAsText: boolean;
  /** Whether ids of calls have nine letters and digits, as Mistral's templates demand. */
  readonly hasShortIds: boolean;
}

/** Messages in one form. */
export interface MessageForm {
  readonly shown: readonly ShownMessage[];
  /**
   * The numbers of the messages whose text a rendering must contain. Answers of the assistant are not among them:
   * templates leave out the reasoning of answers.
   */
  readonly expected: readonly number[];
}

/**
 * Marks the characters of the list itself, such as `[{`, as opposed to the text of a message. A rendering must not contain
 * them.
 */
export const wrapperSource = -1;

const isSystem = (role: string): boolean => role === 'system' || role === 'developer';

/** Whether a message has to leave a trace in a rendering. */
const isExpected = ({ role, content }: ChatMessage): boolean => role !== 'assistant' && content.trim() !== '';

/** The messages as they are. */
export function plainForm(messages: readonly ChatMessage[], options: FormOptions): MessageForm {
  return formOf(
    messages.map((message, index) => ({ message, index })),
    messages.length,
    options,
  );
}

/**
 * The messages, with each system message that the template left out written before the user's next message. Undefined if there
 * is no system message to move, or no message of the user to move it to.
 *
 * @param isLeftOut whether the template left out the system message of that number
 */
export function foldedForm(
  messages: readonly ChatMessage[],
  options: FormOptions,
  isLeftOut: (index: number) => boolean,
): MessageForm | undefined {
  const folded: Numbered[] = [];
  let waiting: string[] = [];
  let isChanged = false;
  for (const [index, message] of messages.entries()) {
    const { role, content } = message;
    if (isSystem(role) && isLeftOut(index)) {
      if (content.trim() !== '') waiting.push(content);
      isChanged = true;
    } else if (role === 'user') {
      folded.push({ message: { ...message, content: [...waiting, content].join('\n') }, index });
      waiting = [];
    } else folded.push({ message, index });
  }
  return isChanged && waiting.length === 0 ? formOf(folded, messages.length, options) : undefined;
}

interface Numbered {
  readonly message: ChatMessage;
  readonly index: number;
}

/**
 * Number of the source of a message's calls: behind the numbers of all messages, so that a template that leaves out the calls
 * is noticed.
 */
const callSource = (index: number, count: number): number => count + index;

/** The number of the message to which a source belongs. */
export const messageOfSource = (source: number, count: number): number => source % count;

function formOf(messages: readonly Numbered[], count: number, options: FormOptions): MessageForm {
  return {
    shown: messages.map(({ message, index }) => {
      const { role, content, reasoning, toolCalls, toolCallId, name } = message;
      const text = fromData(content, index);
      return {
        role,
        content: options.asLists ? fromData([{ type: 'text', text }], wrapperSource) : text,
        ...(reasoning === undefined ? {} : { reasoning_content: fromData(reasoning, index) }),
        // The template of gpt-oss refuses a message with calls that has both a content and thoughts.
        ...(reasoning === undefined || (toolCalls !== undefined && content !== '')
          ? {}
          : { thinking: fromData(reasoning, index) }),
        ...(toolCalls === undefined
          ? {}
          : {
              tool_calls: fromData(
                toolCalls.map((call) => shownCall(call, options)),
                callSource(index, count),
              ),
            }),
        ...(toolCallId === undefined ? {} : { tool_call_id: fromData(shownId(toolCallId, options), index) }),
        ...(name === undefined ? {} : { name: fromData(name, index) }),
      };
    }),
    expected: messages.flatMap(({ message, index }) => [
      ...(isExpected(message) ? [index] : []),
      ...(message.toolCalls === undefined ? [] : [callSource(index, count)]),
    ]),
  };
}

function shownCall({ id, name, arguments: written, value }: ToolCall, options: FormOptions): object {
  const isText = options.argumentsAsText || value === undefined;
  return {
    id: shownId(id, options),
    type: 'function',
    function: { name, arguments: isText ? written : value },
  };
}

/** An id of nine letters and digits, the same for the same id. */
function shownId(id: string, { hasShortIds }: FormOptions): string {
  if (!hasShortIds || /^[A-Za-z0-9]{9}$/.test(id)) return id;
  let hash = 0;
  for (const character of id) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash.toString(36).padStart(9, '0');
}
