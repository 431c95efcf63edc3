// A conversation on the command line: its answers are written as they come, its commands are carried out.
import { styleText } from 'node:util';
import type { Chat, ChatOptions, ChatPart, GenerateOptions, Model, Said, ToolCall } from '@rondo/model';
import type { Io } from '../io.ts';
import { jsonLine, printable, shown } from '../output/printable.ts';
import { chatHelp, type ChatInput } from './chat-input.ts';

/** A conversation on the command line. */
export interface ChatSession {
  /** Carries out a line. @returns whether the chat continues */
  take(input: ChatInput, signal: AbortSignal, onUnknown: (reason: string) => void): Promise<boolean>;
  /** Shows a note beside the answers. */
  note(text: string): void;
}

type Finish = Extract<ChatPart, { type: 'finish' }>;

/** @throws RondoError as `createChat` */
export function createChatSession(
  model: Model,
  setup: ChatOptions,
  generation: GenerateOptions,
  io: Io,
  json: boolean,
): ChatSession {
  let { system } = setup;
  let conversation: Chat = model.createChat(setup);
  let last: Finish | undefined;
  /** Results of the last answer's calls. They are sent when every call has one. */
  const results: { role: string; toolCallId: string; content: string }[] = [];
  const dim = (text: string) => styleText('dim', text, { stream: io.stderr });
  const note = (text: string) => void io.stderr.write(`${dim(text)}\n`);

  const begin = (options: ChatOptions): void => {
    conversation = model.createChat(options);
    results.length = 0;
  };
  /** Calls that wait for their results. The next lines are the results. */
  const waiting = (): readonly ToolCall[] =>
    (conversation.messages.at(-1)?.toolCalls ?? []).slice(results.length);
  const askForResult = (): void => {
    const [call] = json ? [] : waiting();
    if (call !== undefined) note(printable(`${call.name}(${call.arguments}). The next line is its result.`));
  };

  async function write(parts: AsyncIterable<ChatPart>): Promise<void> {
    let text = '';
    let reasoning = '';
    last = undefined;
    try {
      for await (const part of parts) {
        if (part.type === 'finish') last = part;
        if (part.type === 'reasoning') {
          reasoning += part.reasoning;
          if (!json) io.stderr.write(dim(shown(part.reasoning, io.stderr)));
        }
        if (part.text !== '' && text === '' && reasoning !== '' && !json) io.stderr.write('\n');
        if (!json) io.stdout.write(shown(part.text, io.stdout));
        text += part.text;
      }
    } finally {
      if (!json && text === '' && reasoning !== '') io.stderr.write('\n');
      if (!json && text !== '' && !text.endsWith('\n')) io.stdout.write('\n');
      askForResult();
    }
    if (json && last !== undefined) {
      const { promptTokenIds, tokenIds } = last.summary;
      const line = {
        text,
        ...(reasoning === '' ? {} : { reasoning }),
        ...(waiting().length === 0 ? {} : { toolCalls: waiting() }),
        reason: last.reason,
        promptTokenIds,
        tokenIds,
      };
      io.stdout.write(jsonLine(line));
    }
    if (last?.reason === 'length') note('The answer was cut off by --max-tokens.');
    if (last?.reason === 'context') note('The context is full: /new begins a new conversation.');
  }

  /** Sends a text of the user, or keeps it as a result until every call has one. */
  async function say(text: string, signal: AbortSignal): Promise<void> {
    const [call] = waiting();
    let said: Said = text;
    if (call !== undefined) {
      results.push({ role: 'tool', toolCallId: call.id, content: text });
      if (waiting().length > 0) return askForResult();
      said = results.splice(0);
    }
    await write(conversation.send(said, { ...generation, signal }));
  }

  function showStats(): void {
    const { lastUsage } = conversation;
    if (lastUsage === undefined) return note('There is no answer yet.');
    const { promptTokens, generatedTokens, reasoningTokens } = lastUsage;
    const thought = reasoningTokens > 0 ? ` (${reasoningTokens} of reasoning)` : '';
    const { prefillMs = 0, decodeTokensPerSecond = 0 } = last?.timings ?? {};
    const times =
      last === undefined
        ? ''
        : `; prompt read in ${(prefillMs / 1000).toFixed(2)} s, ${decodeTokensPerSecond.toFixed(1)} tokens/s`;
    note(`${promptTokens} tokens of prompt, ${generatedTokens} generated${thought}${times}`);
  }

  function setSystem(text: string | undefined): void {
    if (text === undefined) return note(printable(system ?? 'There is no system message.'));
    system = text;
    const first = conversation.messages[0]?.role === 'system' ? 1 : 0;
    conversation = model.createChat({ ...setup, system, messages: conversation.messages.slice(first) });
  }

  return {
    note,
    async take(input, signal, onUnknown) {
      if (input.kind === 'message') await say(input.text, signal);
      else if (input.kind === 'unknown') onUnknown(input.reason);
      else if (input.kind === 'system') setSystem(input.text);
      else if (input.kind === 'command') {
        switch (input.name) {
          case '/new':
            begin({ ...setup, system });
            break;
          case '/undo':
            results.length = 0;
            note(
              conversation.undo().length === 0
                ? 'There is nothing to take back.'
                : 'The last message is taken back.',
            );
            break;
          case '/regenerate':
            results.length = 0;
            await write(conversation.regenerate({ ...generation, signal }));
            break;
          case '/stats':
            showStats();
            break;
          case '/help':
            note(chatHelp());
            break;
          case '/exit':
            return false;
        }
      }
      return true;
    },
  };
}
