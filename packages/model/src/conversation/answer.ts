// One answer of the model: the prompt is made and read, and what the model writes is parsed into parts as it comes.
import type { Tokenizer } from '@rondo/tokenizer';
import type { GenerateOptions } from '../generation/generate-options.ts';
import type { GenerationPart, GenerationSummary, Usage } from '../generation/generation-part.ts';
import { createArgumentWatch } from './argument-watch.ts';
import { createCallCollector } from './call-collector.ts';
import type { AnswerOptions } from './chat-options.ts';
import type { ChatPart } from './chat-part.ts';
import type { ToolCall } from './messages/chat-message.ts';
import type { ToolDefinition } from './messages/tools.ts';
import type { OutputFormat } from './output/output-format.ts';
import type { PromptPart } from './prompt-part.ts';
import { createOutputParser } from './output/output-parser.ts';

/** The objects that an answer needs. */
export interface AnswerContext {
  readonly tokenizer: Tokenizer;
  /** Positions of the context: a conversation that cannot fit is refused before all of it is encoded. */
  readonly contextTokens: () => number;
  /** Generates, with the texts of control tokens. The generation ends when `isDone` says so. */
  generate(
    ids: readonly number[],
    options: GenerateOptions,
    isDone: () => boolean,
  ): AsyncGenerator<GenerationPart, void, undefined>;
}

/** What an answer begins with. */
export interface AnswerRequest {
  readonly prompt: readonly PromptPart[];
  readonly format: OutputFormat;
  /** The end of the prompt that belongs to the output. */
  readonly prefill: string;
  /** Whether the end of the prompt is an answer that was begun earlier. Its parts were yielded then. */
  readonly isContinued: boolean;
  readonly tools: readonly ToolDefinition[];
  readonly options: AnswerOptions;
  readonly generation: GenerateOptions;
  /** Makes the id of a call for which the model gave none. */
  readonly newCallId: () => string;
}

/** What came of an answer so far. It is complete whenever the answer is broken off. */
export interface AnswerRecord {
  /** Whether the model has begun to answer. */
  isBegun: boolean;
  content: string;
  reasoning: string;
  readonly toolCalls: ToolCall[];
  usage: Usage | undefined;
}

/** An answer that was not begun. */
export const emptyRecord = (): AnswerRecord => ({
  isBegun: false,
  content: '',
  reasoning: '',
  toolCalls: [],
  usage: undefined,
});

/**
 * Generates an answer, and keeps it in `record` as it comes.
 *
 * @throws RondoError as `Model.generate`
 */
export async function* answer(
  { tokenizer, contextTokens, generate }: AnswerContext,
  request: AnswerRequest,
  record: AnswerRecord,
): AsyncGenerator<ChatPart, void, undefined> {
  const { format, generation, options } = request;
  const { reasoning: mode = 'parts', reasoningBudget = Infinity, parallelToolCalls = true } = options;
  const encode = async (parts: readonly PromptPart[], addBos?: boolean) =>
    Array.from(
      await tokenizer.encodePartsInSteps(parts, {
        mostTokens: contextTokens(),
        signal: generation.signal,
        ...(addBos === undefined ? {} : { addBos }),
      }),
    );
  const parser = createOutputParser(
    format,
    {
      tools: new Map(request.tools.map(({ name, parameters }) => [name, parameters])),
      keepsReasoning: mode === 'text',
    },
    request.prefill,
  );
  const collector = createCallCollector(record.toolCalls, request.newCallId);
  const controls = new Set<string>();
  /** The text without control tokens that no mark of the family took. */
  const shown = (text: string): string =>
    mode === 'text' ? text : [...controls].reduce((rest, control) => rest.replaceAll(control, ''), text);

  /** The parts of parsed text. The first part has the token. */
  function* partsOf(
    events: ReturnType<typeof parser.push>,
    token: GenerationPart | undefined,
  ): Generator<ChatPart> {
    const { type: _, text: __, ...fields } = token ?? { type: 'text', text: '' };
    let isFirst = true;
    for (const part of collector.partsOf(events)) {
      if (part.type === 'text') {
        const text = shown(part.text);
        if (text === '') continue;
        record.content += text;
        yield { ...part, ...(isFirst ? fields : {}), text };
      } else if (part.type === 'reasoning') {
        const reasoning = shown(part.reasoning);
        record.reasoning += reasoning;
        if (mode === 'hidden' || reasoning === '') continue;
        yield { ...part, ...(isFirst ? fields : {}), reasoning };
      } else yield { ...part, ...(isFirst ? fields : {}) };
      isFirst = false;
    }
    if (isFirst && token !== undefined) yield { ...fields, type: 'text', text: '' };
  }

  const prompt = await encode(request.prompt);
  let ids = prompt;
  let generated = 0;
  let reasoned = 0;
  let summary: GenerationSummary | undefined;
  const count = (): void => {
    record.usage = { promptTokens: prompt.length, generatedTokens: generated, reasoningTokens: reasoned };
  };
  const isOverBudget = () =>
    parser.isInReasoning && reasoned >= reasoningBudget && format.endOfReasoning !== undefined;
  const hasEnoughCalls = () => !parallelToolCalls && record.toolCalls.length > 0;
  for (const part of partsOf(parser.push(''), undefined)) if (!request.isContinued) yield part;
  const { maxTokens = Infinity } = generation;
  const watch = createArgumentWatch(format, request.tools, request.prefill);
  /** Puts text into the output, as if the model had written it. */
  async function* putIn(text: string): AsyncGenerator<ChatPart> {
    ids = [...ids, ...(await encode([{ text, special: true }], false))];
    yield* partsOf(parser.push(text), undefined);
  }
  /** Whether the last run was stopped here, and not by a stop text. */
  let wasStopped = false;
  for (;;) {
    if (isOverBudget()) yield* putIn(format.endOfReasoning ?? '');
    const { due } = watch;
    if (due && due.rest !== '') yield* putIn(due.rest);
    if (summary !== undefined && ids.length >= contextTokens()) {
      summary = { ...summary, reason: 'context' };
      break;
    }
    const written: number[] = [];
    wasStopped = false;
    const run = generate(
      ids,
      { ...generation, maxTokens: maxTokens - generated, ...(due && { schema: due.schema }) },
      () => (wasStopped = isOverBudget() || hasEnoughCalls() || watch.isComplete || watch.due !== due),
    );
    for await (const part of run) {
      record.isBegun = true;
      if (part.type === 'usage') continue;
      if (part.type === 'finish') {
        summary = joined(summary, part.summary);
        continue;
      }
      const { tokenId } = part;
      if (tokenId !== undefined) {
        written.push(tokenId);
        generated++;
        if (tokenizer.isControl(tokenId)) controls.add(tokenizer.tokenText(tokenId) ?? '');
        controls.delete('');
      }
      const wasReasoning = parser.isInReasoning;
      const events = parser.push(part.text);
      // A call in reasoning is a thought of a call.
      if (!parser.isInReasoning) watch.push(part.text);
      if (tokenId !== undefined && wasReasoning && parser.isInReasoning) reasoned++;
      count();
      yield* partsOf(events, part);
    }
    ids = [...ids, ...written];
    if (watch.isComplete) {
      yield* putIn(due?.after ?? '');
      watch.end();
    }
    if (!wasStopped || hasEnoughCalls()) break;
    if (generated < maxTokens) continue;
    wasStopped = false;
    summary = summary && { ...summary, reason: 'length' };
    break;
  }
  count();
  // A call that was cut off is no call: its tool would get half of the arguments.
  const isWhole = summary?.reason === 'end' || wasStopped;
  yield* partsOf(
    parser.end().filter(({ type }) => isWhole || type !== 'callEnd'),
    undefined,
  );
  if (summary === undefined || record.usage === undefined) return;
  yield { type: 'usage', text: '', ...record.usage };
  const isCalling = record.toolCalls.length > 0 && (summary.reason === 'end' || hasEnoughCalls());
  const reason = isCalling ? 'toolCalls' : summary.reason;
  yield { type: 'finish', text: '', reason, timings: summary.timings, summary };
}

/** The summary of a generation that was continued by another. */
function joined(first: GenerationSummary | undefined, second: GenerationSummary): GenerationSummary {
  if (first === undefined) return second;
  const tokenMs = [...first.timings.tokenMs, ...second.timings.tokenMs];
  const decodeMs = tokenMs.reduce((sum, ms) => sum + ms, 0);
  return {
    ...second,
    promptTokenIds: first.promptTokenIds,
    tokenIds: [...first.tokenIds, ...second.tokenIds],
    timings: {
      ...first.timings,
      tokenMs,
      decodeMs,
      decodeTokensPerSecond: decodeMs > 0 ? (tokenMs.length * 1000) / decodeMs : 0,
    },
  };
}
