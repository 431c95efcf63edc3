// What a family of models has in common in its outputs: how it writes reasoning, answers and calls.
import type { Schema } from './argument-types.ts';
import type { OutputSink } from './output-sink.ts';
import type { PromptPart } from '../prompt-part.ts';
import type { OutputText, Reading } from './output-text.ts';

/** The circumstances of one output. */
export interface ReadContext {
  /** The schemas of the tools' arguments, by the names of the tools. Without tools, the text has no calls. */
  readonly tools: ReadonlyMap<string, Schema | undefined>;
  /** Whether reasoning stays in the answer, with its marks. */
  readonly keepsReasoning: boolean;
}

/** An answer that was begun and is to be continued. */
export interface BegunAnswer {
  readonly content: string;
  readonly reasoning: string;
  /** Whether the reasoning goes on; else the content goes on. */
  readonly isReasoning: boolean;
}

/** The texts around the arguments of a call, as the model writes them. A grammar constrains what comes between. */
export interface CallForm {
  /** The text from the beginning of the call to the beginning of its arguments. */
  readonly before: string;
  /** The text from the end of the arguments to the end of the call. */
  readonly after: string;
  /** What comes between: a JSON object, or arguments in the notation of the family. */
  readonly arguments: 'json' | 'notation';
}

/** How calls are written between their marks. */
export interface CallSyntax {
  readonly begins: readonly string[];
  /**
   * Reads what follows the mark that begins a call, the mark at its end included.
   *
   * @returns false if it is no call; what was read is then a part of the answer
   */
  read(input: OutputText, sink: OutputSink, context: ReadContext, begin: string): Reading<boolean>;
}

/** How calls are written. */
export interface CallWriting {
  readonly calls: readonly CallSyntax[];
  callForm(tool: string): CallForm;
}

/** How a family of models writes its outputs. */
export interface OutputFormat {
  readonly name: string;
  /** Whether the template with this source is of this family. */
  matches(source: string): boolean;
  /** Reads an output, which begins with `prefill`. */
  read(input: OutputText, sink: OutputSink, context: ReadContext): Reading;
  /** The part of a prompt's end that belongs to the output, such as the mark that begins reasoning. */
  prefill(generationPrompt: string): string;
  /** The text that ends reasoning and begins the answer; undefined for a family without reasoning. */
  readonly endOfReasoning: string | undefined;
  /** The output so far of an answer that was begun. `prefill` is what the prompt has of it already. */
  begun(answer: BegunAnswer, prefill: string): readonly PromptPart[];
  /** The same format, in which calls may also be written as `other` writes them. A format without marks has no such function. */
  withCalls?(other: CallWriting): OutputFormat;
  /** The form of a call of this tool. */
  callForm(tool: string): CallForm;
}
