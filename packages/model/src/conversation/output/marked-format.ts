// Outputs in which marks tell reasoning, answer and calls apart: nearly all families. A family gives its marks, and readers for
// what stands in a call.
import type { OutputSink } from './output-sink.ts';
import type { BegunAnswer, CallForm, CallSyntax, OutputFormat, ReadContext } from './output-format.ts';
import type { PromptPart } from '../prompt-part.ts';
import { takeUntil, type OutputText, type Reading } from './output-text.ts';

/** The marks around reasoning. */
export interface ReasoningMarks {
  /** The first is the one that the family writes. */
  readonly begins: readonly string[];
  readonly ends: readonly string[];
  /** Whether a call ends reasoning that has no end mark. Default false: calls in reasoning are reasoning. */
  readonly endsAtCall?: boolean;
  /** Whether reasoning may begin in the middle of an answer. Default: only at the beginning of an output. */
  readonly isAnywhere?: boolean;
  /** Whether the mark that begins reasoning is a part of the reasoning. */
  readonly includesBegin?: boolean;
}

/** The marks of a family. */
export interface MarkedFormat {
  readonly name: string;
  matches(source: string): boolean;
  readonly reasoning?: ReasoningMarks | undefined;
  /** Marks around answers, which are no part of them. */
  readonly dropped?: readonly string[];
  readonly calls: readonly CallSyntax[];
  callForm(tool: string): CallForm;
}

/** The marks of most families. */
export const think: ReasoningMarks = { begins: ['<think>'], ends: ['</think>'] };

/** Makes the format of a family with marks. */
export function markedFormat(marks: MarkedFormat): OutputFormat {
  const { name, reasoning } = marks;
  return {
    name,
    matches: (source) => marks.matches(source),
    read: (input, sink, context) => readMarked(marks, input, sink, context),
    prefill(generationPrompt) {
      const begins = reasoning?.begins ?? [];
      const at = begins.reduce((last, begin) => Math.max(last, generationPrompt.lastIndexOf(begin)), -1);
      return at < 0 ? '' : generationPrompt.slice(at);
    },
    endOfReasoning: reasoning && `\n${reasoning.ends[0] ?? ''}\n\n`,
    begun: (answer, prefill) => begunAnswer(reasoning, answer, prefill),
    withCalls: (other) =>
      markedFormat({ ...marks, calls: [...marks.calls, ...other.calls], callForm: other.callForm }),
    callForm: (tool) => marks.callForm(tool),
  };
}

function begunAnswer(marks: ReasoningMarks | undefined, answer: BegunAnswer, prefill: string): PromptPart[] {
  const { content, reasoning, isReasoning } = answer;
  const [begin = ''] = marks?.begins ?? [];
  const [end = ''] = marks?.ends ?? [];
  if (marks === undefined || reasoning === '') {
    return [isReasoning ? { text: prefill, special: true } : { text: content, special: false }];
  }
  const line = prefill.endsWith('\n') ? '\n' : '';
  const begun: PromptPart[] = [
    { text: prefill.startsWith(begin) && !prefill.includes(end) ? prefill : begin, special: true },
    { text: reasoning, special: false },
  ];
  if (isReasoning) return begun;
  return [
    ...begun,
    { text: `${line}${end}${line}${line}`, special: true },
    { text: content, special: false },
  ];
}

function* readMarked(
  marks: MarkedFormat,
  input: OutputText,
  sink: OutputSink,
  context: ReadContext,
): Reading {
  const { dropped = [], reasoning } = marks;
  const calls = context.tools.size > 0 ? marks.calls : [];
  const callBegins = calls.flatMap(({ begins }) => begins);
  const later = reasoning?.isAnywhere ? reasoning.begins : [];

  let stop: string | undefined;
  const begin = reasoning && (yield* takeAtStart(input, [...reasoning.begins, ...reasoning.ends]));
  if (begin !== undefined) stop = yield* afterMark(begin);
  for (;;) {
    const known = stop;
    stop =
      known ?? (yield* takeUntil(input, [...callBegins, ...later, ...dropped], (text) => sink.text(text)));
    if (stop === undefined) return;
    const syntax = calls.find(({ begins }) => begins.includes(stop ?? ''));
    if (syntax !== undefined) {
      input.record();
      const isCall = yield* syntax.read(input, sink, context, stop);
      if (isCall) sink.turn();
      else sink.verbatim(stop + input.recorded);
      stop = undefined;
    } else if (later.includes(stop)) stop = yield* afterMark(stop);
    else {
      stop = undefined;
      if (sink.calls > 0) sink.turn();
    }
  }

  /** Reads reasoning behind its mark. Returns the mark of a call that ended the reasoning. */
  function* afterMark(mark: string): Reading<string | undefined> {
    if (reasoning === undefined) return undefined;
    if (!reasoning.begins.includes(mark)) {
      sink.turn();
      return undefined;
    }
    sink.isInReasoning = true;
    let waiting = reasoning.includesBegin || context.keepsReasoning ? mark : '';
    const end = yield* takeUntil(
      input,
      [...reasoning.ends, ...(reasoning.endsAtCall ? callBegins : [])],
      (text) => {
        if (text.trim() === '' && waiting !== '') {
          waiting += text;
          return;
        }
        if (context.keepsReasoning) sink.verbatim(waiting + text);
        else sink.reasoning(waiting + text);
        waiting = '';
      },
    );
    sink.isInReasoning = false;
    if (context.keepsReasoning && waiting === '' && end !== undefined && reasoning.ends.includes(end)) {
      sink.verbatim(end);
    } else sink.turn();
    return end !== undefined && callBegins.includes(end) ? end : undefined;
  }
}

/** Takes a mark with which the output begins, and white space before the mark. */
function* takeAtStart(input: OutputText, literals: readonly string[]): Reading<string | undefined> {
  for (;;) {
    const begun = input.rest.trimStart();
    const found = literals.find((literal) => begun.startsWith(literal));
    if (found !== undefined) {
      input.take(input.rest.length - begun.length + found.length);
      return found;
    }
    if (input.isEnded || !literals.some((literal) => literal.startsWith(begun))) return undefined;
    yield;
  }
}
