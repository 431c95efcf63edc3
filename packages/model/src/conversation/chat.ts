// A conversation: keeps its messages, renders them with a template, and streams the answers.
import { RondoError, type OnWarning } from '@rondo/errors';
import type { FileTemplates } from '../common/file-templates.ts';
import { hasGrammar } from '../generation/constraints/output-grammar.ts';
import type { Usage } from '../generation/generation-part.ts';
import { answer, emptyRecord, type AnswerContext } from './answer.ts';
import {
  checkChatOptions,
  readSendOptions,
  type ChatOptions,
  type ReadSendOptions,
  type SendOptions,
} from './chat-options.ts';
import type { ChatPart } from './chat-part.ts';
import { badArgument } from './messages/bad-argument.ts';
import type { ChatMessage, GivenMessage } from './messages/chat-message.ts';
import { inOrder } from './messages/check-order.ts';
import { readMessages } from './messages/read-messages.ts';
import { readToolChoice, readTools, type ToolDefinition } from './messages/tools.ts';
import type { BegunAnswer } from './output/output-format.ts';
import { promptOf } from './prompt.ts';
import { chooseTemplates, type ChatTemplate } from './templates/index.ts';

/** One message or several: a text of the user, a message, or a list of messages. */
export type Said = string | GivenMessage | readonly GivenMessage[];

/** A conversation with a model. */
export interface Chat {
  /** The messages so far, with the system message, calls and results. */
  readonly messages: readonly ChatMessage[];
  /** The tokens of the last answer, also of an answer that was broken off or is under way. Undefined before the first answer. */
  readonly lastUsage: Usage | undefined;
  /**
   * Sends a message and streams the answer. If `break` or the signal ends the answer early, the conversation keeps the text and
   * the complete calls that were generated.
   *
   * @param message a text of the user, a message, or a list of messages such as the results of calls. Results of calls never
   * become control tokens
   * @throws RondoError as `Model.generate`, `BAD_TEMPLATE`; `BAD_ARGUMENT` while another answer is under way, for messages with
   * unknown keys, results without a call, and for tools that are not well described
   */
  send(message: Said, options?: SendOptions): AsyncGenerator<ChatPart, void, undefined>;
  /**
   * Answers the last message again: an answer that stands behind the message is replaced. Also answers messages that were given
   * to `createChat` and have no answer yet.
   *
   * @throws RondoError as `send`; `BAD_ARGUMENT` if there is nothing to answer
   */
  regenerate(options?: SendOptions): AsyncGenerator<ChatPart, void, undefined>;
  /**
   * Continues the last answer, for example an answer that ended by its length or was broken off. Yields the new parts only.
   *
   * @throws RondoError as `send`; `BAD_ARGUMENT` if the last message is no answer, or has calls
   */
  continue(options?: SendOptions): AsyncGenerator<ChatPart, void, undefined>;
  /**
   * Takes back the last message of the user, and everything behind it.
   *
   * @returns the messages that were taken back; none if the user has said nothing
   * @throws RondoError `BAD_ARGUMENT` while an answer is under way
   */
  undo(): readonly ChatMessage[];
  /**
   * Number of tokens of the conversation as the model reads it, up to where its next answer begins.
   *
   * @param message messages to be counted as if they were sent
   * @throws RondoError as `send`
   */
  countTokens(
    message?: Said,
    options?: Pick<SendOptions, 'tools' | 'toolChoice' | 'signal'>,
  ): Promise<number>;
}

/** The objects that a conversation needs. */
export interface ChatContext extends AnswerContext {
  readonly templates: FileTemplates;
  createTemplate(source: string): ChatTemplate;
  readonly warn: OnWarning;
}

/**
 * Starts a conversation.
 *
 * @throws RondoError `BAD_TEMPLATE` when there is no chat template, or one that is no Jinja; `BAD_ARGUMENT` for bad options
 */
export function createChat(context: ChatContext, options: ChatOptions): Chat {
  checkChatOptions(options);
  const { system, messages: given = [], template: wanted, variables, ...defaults } = options;
  readSendOptions(defaults, {});
  const chosen = chooseTemplates(wanted, context.templates);
  if (chosen === undefined) {
    throw new RondoError(
      'BAD_TEMPLATE',
      'The model has no chat template (tokenizer.chat_template), so it cannot chat. Name a format or give a template with ' +
        '`template` of `createChat`, or `--chat-template` on the command line; generate() works without.',
    );
  }
  const main = context.createTemplate(chosen.main);
  let toolUse: ChatTemplate | undefined;
  const templateFor = (tools: readonly ToolDefinition[]): ChatTemplate => {
    if (tools.length === 0 || chosen.toolUse === undefined) return main;
    toolUse ??= context.createTemplate(chosen.toolUse);
    return toolUse;
  };
  if (defaults.tools !== undefined) readToolChoice(defaults.toolChoice, readTools(defaults.tools));

  let messages = inOrder([
    ...(system === undefined ? [] : [{ role: 'system', content: system }]),
    ...readMessages(given),
  ]);
  let answering = false;
  let lastUsage: Usage | undefined;
  let callCount = 0;
  /** Nine letters and digits, as Mistral's templates demand. */
  const newCallId = (): string => {
    for (;;) {
      const id = `call${String(callCount++).padStart(5, '0')}`;
      if (!messages.some(({ toolCalls = [] }) => toolCalls.some((call) => call.id === id))) return id;
    }
  };

  const checkIdle = (): void => {
    if (answering) throw badArgument('The last answer is still under way; finish or cancel it first.');
  };
  const toolsOf = ({ tools: listed, toolChoice }: ReadSendOptions['answer']) => {
    const tools = listed === undefined ? [] : readTools(listed);
    const policy = readToolChoice(toolChoice, tools);
    return { tools: policy.isOff ? [] : tools, policy };
  };

  /** Answers `all`. Afterwards the conversation is `all` with the answer. Before the answer begins, nothing changes. */
  async function* answerTo(
    all: readonly ChatMessage[],
    { answer: answerOptions, generation }: ReadSendOptions,
    begun?: BegunAnswer,
  ): AsyncGenerator<ChatPart, void, undefined> {
    checkIdle();
    const { tools, policy } = toolsOf(answerOptions);
    const isConstrained = hasGrammar(generation);
    if (isConstrained && tools.length > 0)
      throw badArgument(
        'An answer follows a grammar or may call tools, not both. Leave tools out, or the grammar.',
      );
    if (isConstrained && begun !== undefined)
      throw badArgument(
        'An answer that was begun cannot be continued under a grammar: the grammar is of whole answers.',
      );
    const template = templateFor(tools);
    if (tools.length > 0 && !template.readsTools) {
      context.warn({
        code: 'GENERIC_TOOLS',
        message:
          'The chat template never reads tools, so they are described in the system message in a generic format, which the model may not know. Give a template that reads tools, or use another model.',
      });
    }
    answering = true;
    const record = emptyRecord();
    try {
      const prompt = promptOf({ template, messages: all, tools, variables, policy, begun, isConstrained });
      const request = {
        prompt: prompt.parts,
        format: prompt.format,
        prefill: prompt.prefill,
        isContinued: begun !== undefined,
        tools,
        options: answerOptions,
        generation,
        newCallId,
      };
      for await (const part of answer(context, request, record)) {
        lastUsage = record.usage;
        yield part;
      }
    } finally {
      if (record.isBegun) {
        lastUsage = record.usage ?? lastUsage;
        const { content, reasoning, toolCalls } = record;
        messages = [
          ...all,
          {
            role: 'assistant',
            content,
            ...(reasoning === '' ? {} : { reasoning }),
            ...(toolCalls.length === 0 ? {} : { toolCalls: [...toolCalls] }),
          },
        ];
      }
      answering = false;
    }
  }

  return {
    get messages() {
      return [...messages];
    },
    get lastUsage() {
      return lastUsage;
    },
    async *send(message, given) {
      const said = readMessages(message, messages.length);
      const read = readSendOptions(given, defaults);
      checkIdle();
      if (said.length === 0) throw badArgument('The list of messages is empty: there is nothing to send.');
      if (said.at(-1)?.role === 'assistant') {
        throw badArgument('The last message to send is of the assistant: there is nothing to answer.');
      }
      yield* answerTo(inOrder([...messages, ...said]), read);
    },
    async *regenerate(given) {
      const read = readSendOptions(given, defaults);
      checkIdle();
      const asked = messages.at(-1)?.role === 'assistant' ? messages.slice(0, -1) : messages;
      const last = asked.at(-1);
      if (last === undefined || last.role === 'system') throw badArgument('There is no message to answer.');
      yield* answerTo(asked, read);
    },
    async *continue(given) {
      const read = readSendOptions(given, defaults);
      checkIdle();
      const last = messages.at(-1);
      if (last?.role !== 'assistant') throw badArgument('There is no answer to continue.');
      if (last.toolCalls !== undefined)
        throw badArgument('The last answer calls tools. Send the results of the calls.');
      const { content, reasoning = '' } = last;
      // An answer that was broken off in its reasoning goes on with its reasoning.
      const isReasoning = content === '' && reasoning !== '';
      yield* answerTo(messages.slice(0, -1), read, { content, reasoning, isReasoning });
    },
    undo() {
      checkIdle();
      const at = messages.findLastIndex(({ role }) => role === 'user');
      if (at < 0) return [];
      const taken = messages.slice(at);
      messages = messages.slice(0, at);
      return taken;
    },
    async countTokens(message = [], given = {}) {
      const { answer: answerOptions, generation } = readSendOptions(given, defaults);
      const all = inOrder([...messages, ...readMessages(message, messages.length)]);
      // Many templates refuse a conversation without messages.
      if (all.length === 0) return 0;
      const { tools, policy } = toolsOf(answerOptions);
      const template = templateFor(tools);
      const isConstrained = hasGrammar(generation);
      const request = { template, messages: all, tools, variables, policy, begun: undefined, isConstrained };
      const { parts } = promptOf(request);
      return (await context.tokenizer.encodePartsInSteps(parts, { signal: generation.signal })).length;
    },
  };
}
