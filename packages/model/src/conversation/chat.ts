// A conversation: keeps its messages, renders them with the model's template, and streams the answers.
import { RondoError } from '@rondo/errors';
import type { Tokenizer } from '@rondo/tokenizer';
import { checkOptions, checkText, text, type Check } from '../common/check-arguments.ts';
import type { ChatMessage, ChatTemplate } from './templates/index.ts';
import type { GenerationPart } from '../generation/generation-part.ts';
import { checkGenerateOptions, type GenerateOptions } from '../generation/generate-options.ts';

/** How a conversation begins. */
export interface ChatOptions {
  /** The system message, before the first message. */
  readonly system?: string | undefined;
}

const chatChecks: Readonly<Record<keyof ChatOptions, Check>> = { system: text };

/** A conversation with a model. */
export interface Chat {
  /** The messages so far, system message included. */
  readonly messages: readonly ChatMessage[];
  /**
   * Sends a message and streams the answer. If `break` or the signal ends the answer early, the conversation
   * keeps the text that was generated.
   *
   * @throws RondoError as `Model.generate`, `BAD_TEMPLATE`; `BAD_ARGUMENT` while another answer is under way, and for a message
   * that is no text
   */
  send(text: string, options?: GenerateOptions): AsyncGenerator<GenerationPart, void, undefined>;
}

/** The objects and numbers that a chat needs. */
export interface ChatContext {
  readonly template: ChatTemplate | undefined;
  readonly tokenizer: Tokenizer;
  /** Positions of the context: a conversation that cannot fit is refused before all of it is encoded. */
  readonly contextTokens: () => number;
  generate(
    ids: readonly number[],
    options: GenerateOptions | undefined,
  ): AsyncGenerator<GenerationPart, void, undefined>;
}

/**
 * Starts a conversation.
 *
 * @throws RondoError `BAD_TEMPLATE` when the model has no chat template; `BAD_ARGUMENT` for bad options
 */
export function createChat(
  { template, tokenizer, contextTokens, generate }: ChatContext,
  options: ChatOptions,
): Chat {
  checkOptions('createChat', options, chatChecks);
  const { system } = options;
  if (!template) {
    throw new RondoError(
      'BAD_TEMPLATE',
      'The model has no chat template (tokenizer.chat_template), so it cannot chat; generate() works.',
    );
  }
  const messages: ChatMessage[] = system === undefined ? [] : [{ role: 'system', content: system }];
  let answering = false;
  const encode = async (all: readonly ChatMessage[], signal: AbortSignal | undefined) =>
    Array.from(
      await tokenizer.encodePartsInSteps(template.renderParts(all), { mostTokens: contextTokens(), signal }),
    );
  return {
    get messages() {
      return [...messages];
    },
    async *send(text, options) {
      checkText('The message', text);
      if (options !== undefined) checkGenerateOptions(options);
      if (answering)
        throw new RondoError(
          'BAD_ARGUMENT',
          'The last answer is still under way; finish or cancel it first.',
        );
      answering = true;
      const said = { role: 'user', content: text };
      let answer = '';
      let begun = false;
      try {
        const ids = await encode([...messages, said], options?.signal);
        for await (const part of generate(ids, options)) {
          begun = true;
          answer += part.text;
          yield part;
        }
      } finally {
        if (begun) messages.push(said, { role: 'assistant', content: answer });
        answering = false;
      }
    },
  };
}
