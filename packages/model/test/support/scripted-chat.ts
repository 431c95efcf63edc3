// A conversation with a model that writes what a test says, over the vocabulary of Qwen 2.
import { openAsBlob, readFileSync } from 'node:fs';
import type { RondoWarning } from '@rondo/errors';
import { readGguf } from '@rondo/gguf';
import { blob } from '@rondo/source';
import { llamaCppPath } from '@rondo/testkit';
import { createTokenizer, type Tokenizer } from '@rondo/tokenizer';
import { vocabularyOf } from '../../src/engine/vocabulary.ts';
import type { GenerationTimings } from '../../src/generation/generation-part.ts';
import { createChat, type Chat, type ChatContext } from '../../src/conversation/chat.ts';
import type { ChatOptions } from '../../src/conversation/chat-options.ts';
import type { ChatPart } from '../../src/conversation/chat-part.ts';
import { createChatTemplate } from '../../src/conversation/templates/index.ts';
import { knownTemplate } from '../../src/conversation/templates/known-templates.ts';

const timings: GenerationTimings = {
  prefillMs: 1,
  firstTokenMs: 2,
  decodeMs: 3,
  prefillTokensPerSecond: 4,
  decodeTokensPerSecond: 5,
  tokenMs: [],
};

/** The tokenizer of all scripted conversations. */
export const tokenizer: Tokenizer = createTokenizer(
  vocabularyOf(await readGguf(blob(await openAsBlob(llamaCppPath('models/ggml-vocab-qwen2.gguf'))))),
);

/** The ids of a text in which control tokens count. */
export const idsOf = (text: string): number[] =>
  Array.from(tokenizer.encode(text, { special: true, addBos: false }));

/** The text of ids, with control tokens. */
export const textOf = (ids: readonly number[]): string =>
  ids.map((id) => (tokenizer.isControl(id) ? (tokenizer.tokenText(id) ?? '') : `${id} `)).join('');

/** A template of llama.cpp's repository by its name. */
export const templateOf = (name: string): string =>
  readFileSync(llamaCppPath(`models/templates/${name}.jinja`), 'utf8');
/** The template of Qwen 3, which reads tools and reasoning. */
export const qwen = templateOf('Qwen-Qwen3-0.6B');
/** The format without tools and reasoning. */
export const chatMl = knownTemplate('chatml') ?? '';

/** Two tools, a call of the first in the words of Qwen 3, and how the call is given. */
export const tools = [
  {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } },
  },
  { name: 'now' },
];
export const call =
  '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris", "days": 2}}\n</tool_call>';
export const paris = {
  id: 'call00000',
  name: 'get_weather',
  arguments: '{"city": "Paris", "days": 2}',
  value: { city: 'Paris', days: 2 },
};

/** The text of ids, control tokens included. */
export const decoded = (ids: readonly number[] = []): string => tokenizer.decode(ids, { special: true });

/** A conversation, and what was asked of the model. */
export interface ScriptedChat {
  readonly chat: Chat;
  /** The ids of each prompt. */
  readonly prompts: readonly (readonly number[])[];
  readonly warnings: readonly RondoWarning[];
  /** The schema of each generation; undefined for a generation without one. */
  readonly schemas: readonly unknown[];
}

/** How a scripted conversation differs from one with the template `source` alone. */
export interface Script {
  readonly source?: string | undefined;
  readonly named?: Readonly<Record<string, string>>;
  readonly options?: ChatOptions;
}

/** A conversation in which the model writes `outputs`, one for each generation. */
export function scriptedChat(
  outputs: readonly string[],
  { source, named = {}, options = {} }: Script = {},
): ScriptedChat {
  const prompts: number[][] = [];
  const warnings: RondoWarning[] = [];
  const schemas: unknown[] = [];
  const waiting = [...outputs];
  /** The prompt of the answer under way, and all that the model writes in that answer. */
  let current: { readonly prompt: readonly number[]; readonly output: string } | undefined;
  /** Whether the answer stopped the last generation, to put in text or to end. */
  let wasStopped = false;

  /**
   * What the model writes next: the rest of the answer under way, if the prompt goes on with that answer, such as after text
   * that was put in; else the next output.
   */
  function next(ids: readonly number[]): string {
    if (current && wasStopped && ids.length > current.prompt.length) {
      const { prompt, output } = current;
      const written = tokenizer.decode(ids.slice(prompt.length), { special: true });
      if (prompt.every((id, index) => id === ids[index]) && output.startsWith(written))
        return output.slice(written.length);
    }
    prompts.push([...ids]);
    current = { prompt: [...ids], output: waiting.shift() ?? '' };
    return current.output;
  }
  const context: ChatContext = {
    templates: { main: source, named: new Map(Object.entries(named)) },
    createTemplate: (text) => createChatTemplate(text, { bosToken: '', eosToken: '<|im_end|>' }),
    tokenizer,
    contextTokens: () => 4096,
    warn: (warning) => warnings.push(warning),
    async *generate(ids, { maxTokens = Infinity, signal, schema }, isDone) {
      await Promise.resolve();
      schemas.push(schema);
      const decoder = tokenizer.decoder();
      const tokenIds: number[] = [];
      let reason: 'end' | 'length' | 'stop' = 'end';
      const output = next(ids);
      // Under a schema no token may go beyond the arguments, so the model writes single characters.
      for (const id of schema === undefined ? idsOf(output) : [...output].flatMap(idsOf)) {
        if (tokenIds.length >= maxTokens) {
          reason = 'length';
          break;
        }
        signal?.throwIfAborted();
        tokenIds.push(id);
        const control = tokenizer.isControl(id) ? (tokenizer.tokenText(id) ?? '') : '';
        yield { type: 'text', text: decoder.push(id) + control, tokenId: id };
        if (isDone()) {
          reason = 'stop';
          break;
        }
      }
      wasStopped = reason === 'stop';
      const summary = { reason, promptTokenIds: [...ids], tokenIds, timings };
      yield {
        type: 'usage',
        text: '',
        promptTokens: ids.length,
        generatedTokens: tokenIds.length,
        reasoningTokens: 0,
      };
      yield { type: 'finish', text: '', reason, timings, summary };
    },
  };
  return { chat: createChat(context, options), prompts, warnings, schemas };
}

/** All parts of an answer. */
export async function partsOf(answer: AsyncIterable<ChatPart>): Promise<ChatPart[]> {
  const parts: ChatPart[] = [];
  for await (const part of answer) parts.push(part);
  return parts;
}

/** The parts without their tokens, and without those that only carry a token. Neighbouring texts are one. */
export function shapeOf(parts: readonly ChatPart[]): object[] {
  const shapes: Record<string, unknown>[] = [];
  for (const { tokenId: _, summary: __, ...part } of parts) {
    if (part.type === 'text' && part.text === '') continue;
    const last = shapes.at(-1);
    const field = part.type === 'text' ? 'text' : part.type === 'reasoning' ? 'reasoning' : 'argumentsDelta';
    const isSame =
      last?.['type'] === part.type && last['index'] === ('index' in part ? part.index : undefined);
    if (last !== undefined && isSame && field in part) {
      last[field] = String(last[field]) + String(Reflect.get(part, field));
    } else shapes.push({ ...part });
  }
  return shapes.map((shape) =>
    Object.fromEntries(Object.entries(shape).filter(([key, value]) => key !== 'timings' && value !== '')),
  );
}
