// Receives what a parser reads in the text of a model, and puts white space in order: none at the edges of reasoning, none
// between an answer and a call.

/** One event of an output. Events only add: no event takes back an earlier one. */
export type OutputEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'callBegin'; readonly index: number; readonly name: string }
  | { readonly type: 'callId'; readonly index: number; readonly id: string }
  | { readonly type: 'callArguments'; readonly index: number; readonly text: string }
  | { readonly type: 'callEnd'; readonly index: number };

/** Receives the parts of an output. */
export interface OutputSink {
  /** Adds to the answer. */
  text(text: string): void;
  /** Adds to the answer, white space at the edges included. */
  verbatim(text: string): void;
  /** Adds to the reasoning. */
  reasoning(text: string): void;
  /** Ends a stretch: white space at its end is dropped, and white space at the beginning of the next stretch. */
  turn(): void;
  /** Begins a call. @param id the id that the model gave; empty if the model gives ids later or not at all */
  beginCall(name: string, id?: string): void;
  /** The id of the call, if it comes after the name. */
  identify(id: string): void;
  /** Adds to the JSON text of the arguments. */
  argument(text: string): void;
  /** Ends the call. */
  endCall(): void;
  /** Number of calls that were begun. */
  readonly calls: number;
  /** Whether the text goes on with reasoning, as far as is known. A reader sets this at the marks of reasoning. */
  isInReasoning: boolean;
}

/** A sink that makes events. `finish` gives white space that was held back at the end of the answer. */
export function createOutputSink(onEvent: (event: OutputEvent) => void): OutputSink & { finish(): void } {
  let held = '';
  let last: 'text' | 'reasoning' | undefined;
  let isAtEdge = false;
  let calls = 0;
  let isInCall = false;

  function add(type: 'text' | 'reasoning', text: string): void {
    if (text === '') return;
    if (last !== type) {
      held = '';
      isAtEdge = last !== undefined || type === 'reasoning' || isAtEdge;
      last = type;
    }
    let whole = held + text;
    if (isAtEdge) whole = whole.trimStart();
    const kept = whole.trimEnd();
    held = whole.slice(kept.length);
    if (kept === '') return;
    isAtEdge = false;
    onEvent({ type, text: kept });
  }

  function endCall(): void {
    if (!isInCall) return;
    isInCall = false;
    onEvent({ type: 'callEnd', index: calls - 1 });
  }

  return {
    text: (text) => add('text', text),
    reasoning: (text) => add('reasoning', text),
    verbatim(text) {
      if (text === '') return;
      onEvent({ type: 'text', text: (last === 'text' ? held : '') + text });
      held = '';
      last = 'text';
      isAtEdge = false;
    },
    turn() {
      held = '';
      isAtEdge = true;
    },
    beginCall(name, id = '') {
      endCall();
      held = '';
      isAtEdge = true;
      isInCall = true;
      onEvent({ type: 'callBegin', index: calls, name });
      calls++;
      if (id !== '') onEvent({ type: 'callId', index: calls - 1, id });
    },
    identify(id) {
      if (isInCall && id !== '') onEvent({ type: 'callId', index: calls - 1, id });
    },
    argument(text) {
      if (text !== '') onEvent({ type: 'callArguments', index: calls - 1, text });
    },
    endCall,
    get calls() {
      return calls;
    },
    isInReasoning: false,
    finish() {
      if (last === 'text' && held !== '' && !isAtEdge) onEvent({ type: 'text', text: held });
      held = '';
    },
  };
}
