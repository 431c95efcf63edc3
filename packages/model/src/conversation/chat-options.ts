// The options of a conversation and of its answers.
import { anything, checkOptions, oneOf, text, type Check } from '../common/check-arguments.ts';
import { checkGenerateOptions, type GenerateOptions } from '../generation/generate-options.ts';
import type { GivenMessage } from './messages/chat-message.ts';
import { badArgument, isRecord } from './messages/bad-argument.ts';
import type { GivenTool, ToolChoice } from './messages/tools.ts';

/** What answers have beside text. A value for the conversation counts for each answer that has no value of its own. */
export interface AnswerOptions {
  /** The tools that the model may call. A template that never reads tools gets them in the system message. */
  readonly tools?: readonly GivenTool[] | undefined;
  /**
   * Whether the model calls tools. Default `auto`. For `required` and for a name, the beginning of a call is put into the
   * prompt, and reasoning is skipped.
   */
  readonly toolChoice?: ToolChoice | undefined;
  /** Whether one answer may have several calls. Default true. If false, an answer ends after its first call. */
  readonly parallelToolCalls?: boolean | undefined;
  /**
   * What becomes of reasoning: parts of their own (`parts`), no parts (`hidden`), or a part of the text with its marks (`text`).
   * Default `parts`.
   */
  readonly reasoning?: 'parts' | 'hidden' | 'text' | undefined;
  /** The most tokens of reasoning. Then the text that ends reasoning is put in, and the answer begins. Default: no limit. */
  readonly reasoningBudget?: number | undefined;
}

/** How a conversation begins. */
export interface ChatOptions extends AnswerOptions {
  /** The system message, before the first message. */
  readonly system?: string | undefined;
  /** The messages so far. A message has the shape of `ChatMessage`, or the shape of OpenAI's API. */
  readonly messages?: readonly GivenMessage[] | undefined;
  /**
   * The chat template: a Jinja source, the name of a known format such as `chatml`, or the name of one of the file's templates.
   * Default: the file's own; of a file that has one for tools (`tool_use`), that one where there are tools.
   */
  readonly template?: string | undefined;
  /** Variables for the template, such as `{ enable_thinking: false }`. Their texts are trusted: control tokens in them count. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

/** How one answer is made. */
export interface SendOptions extends GenerateOptions, AnswerOptions {}

const answerChecks: Readonly<Record<keyof AnswerOptions, Check>> = {
  // Tools and their choice are checked where they are read.
  tools: anything,
  toolChoice: anything,
  parallelToolCalls: (value) => (typeof value === 'boolean' ? undefined : 'true or false'),
  reasoning: oneOf('parts', 'hidden', 'text'),
  reasoningBudget: (value) =>
    value === Infinity || (Number.isSafeInteger(value) && Number(value) >= 0)
      ? undefined
      : 'a whole number, 0 or more, or Infinity',
};

const chatChecks: Readonly<Record<keyof ChatOptions, Check>> = {
  system: text,
  messages: (value) => (Array.isArray(value) ? undefined : 'a list of messages'),
  template: text,
  variables: (value) => (isRecord(value) ? undefined : 'an object'),
  ...answerChecks,
};

/** Variables that a conversation sets itself. */
const ownVariables = ['messages', 'tools', 'add_generation_prompt', 'bos_token', 'eos_token'];

/** @throws RondoError `BAD_ARGUMENT` with the name of an option of `createChat` that is unknown or of another kind */
export function checkChatOptions(options: ChatOptions): void {
  checkOptions('createChat', options, chatChecks);
  const own = ownVariables.find((name) => Object.hasOwn(options.variables ?? {}, name));
  if (own === undefined) return;
  throw badArgument(`variables has ${own}, which the conversation sets itself. Leave it out.`, {
    variable: own,
  });
}

/** The options of one answer: of the answer itself, and of its generation. */
export interface ReadSendOptions {
  readonly answer: AnswerOptions;
  readonly generation: GenerateOptions;
}

/**
 * Divides the options of an answer.
 *
 * @throws RondoError `BAD_ARGUMENT` with the name of an option that is unknown or of another kind
 */
export function readSendOptions(options: SendOptions | undefined, defaults: AnswerOptions): ReadSendOptions {
  if (options === undefined) return { answer: defaults, generation: {} };
  const answer: Record<string, unknown> = {};
  const generation: Record<string, unknown> = {};
  if (!isRecord(options)) checkGenerateOptions(options);
  for (const [name, value] of Object.entries(options)) {
    if (Object.hasOwn(answerChecks, name)) answer[name] = value ?? defaults[name as keyof AnswerOptions];
    else generation[name] = value;
  }
  checkGenerateOptions(generation);
  checkOptions('send', answer, answerChecks);
  return { answer: { ...defaults, ...answer }, generation };
}
