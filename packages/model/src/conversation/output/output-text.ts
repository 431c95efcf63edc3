// The text that a model writes, as a parser sees it: the text arrives in pieces, and a parser waits for more where it cannot
// decide yet. A parser is a generator that yields when it needs more text, so no piece is read twice.

/** A step of a parser: yields when more text is needed. */
export type Reading<T = void> = Generator<undefined, T, undefined>;

/** Text that arrives in pieces. */
export interface OutputText {
  /** The text that arrived and was not taken yet. */
  readonly rest: string;
  /** Whether no more text arrives. */
  readonly isEnded: boolean;
  /** The text that was taken since `record` was called. */
  readonly recorded: string;
  /** Takes characters. Returns the characters. */
  take(count: number): string;
  /** Forgets what was recorded. */
  record(): void;
  /** Adds text. */
  push(text: string): void;
  /** Ends the text. */
  end(): void;
}

/** An empty text. */
export function createOutputText(): OutputText {
  let text = '';
  let isEnded = false;
  let recorded = '';
  return {
    get rest() {
      return text;
    },
    get isEnded() {
      return isEnded;
    },
    get recorded() {
      return recorded;
    },
    take(count) {
      const taken = text.slice(0, count);
      text = text.slice(count);
      recorded += taken;
      return taken;
    },
    record() {
      recorded = '';
    },
    push(more) {
      text += more;
    },
    end() {
      isEnded = true;
    },
  };
}

/** Whether the text goes on with `literal`; waits until that is known. */
export function* goesOnWith(input: OutputText, literal: string): Reading<boolean> {
  while (!input.isEnded && input.rest.length < literal.length && literal.startsWith(input.rest)) yield;
  return input.rest.startsWith(literal);
}

/** Takes `literal` if the text goes on with it. */
export function* takeLiteral(input: OutputText, literal: string): Reading<boolean> {
  const isThere = yield* goesOnWith(input, literal);
  if (isThere) input.take(literal.length);
  return isThere;
}

/** Takes the first of `literals` with which the text goes on. */
export function* takeOneOf(input: OutputText, literals: readonly string[]): Reading<string | undefined> {
  for (const literal of literals) if (yield* takeLiteral(input, literal)) return literal;
  return undefined;
}

/** Takes white space. */
export function* takeSpace(input: OutputText): Reading {
  for (;;) {
    input.take(input.rest.length - input.rest.trimStart().length);
    if (input.rest !== '' || input.isEnded) return;
    yield;
  }
}

/** The next character, which is not taken; empty at the end of the text. */
export function* nextCharacter(input: OutputText): Reading<string> {
  while (input.rest === '' && !input.isEnded) yield;
  return input.rest.slice(0, 1);
}

/**
 * Takes text up to the first of `stops`, and takes the stop.
 *
 * @param onText receives the text as it arrives. The end of the text that may be the beginning of a stop is held back
 * @returns the stop; undefined if the text ends before a stop
 */
export function* takeUntil(
  input: OutputText,
  stops: readonly string[],
  onText: (text: string) => void,
): Reading<string | undefined> {
  for (;;) {
    const found = firstOf(input.rest, stops);
    if (
      found !== undefined &&
      (input.isEnded || !mayBeLonger(input.rest.slice(found.index), found.stop, stops))
    ) {
      onText(input.take(found.index));
      input.take(found.stop.length);
      return found.stop;
    }
    if (input.isEnded) {
      onText(input.take(input.rest.length));
      return undefined;
    }
    if (found !== undefined) {
      onText(input.take(found.index));
      yield;
      continue;
    }
    const held = stops.reduce((most, stop) => Math.max(most, overlap(input.rest, stop)), 0);
    const free = input.rest.length - held;
    if (free > 0) onText(input.take(free));
    yield;
  }
}

/** The text up to the first of `stops`, whole. */
export function* takeText(
  input: OutputText,
  stops: readonly string[],
): Reading<{ readonly text: string; readonly stop: string | undefined }> {
  let text = '';
  const stop = yield* takeUntil(input, stops, (piece) => {
    text += piece;
  });
  return { text, stop };
}

/** The stop that comes first; of several at one place, the longest. */
function firstOf(text: string, stops: readonly string[]): { index: number; stop: string } | undefined {
  let first: { index: number; stop: string } | undefined;
  for (const stop of stops) {
    const index = text.indexOf(stop);
    if (index < 0) continue;
    const isBefore = first === undefined || index < first.index;
    if (isBefore || (index === first?.index && stop.length > first.stop.length)) first = { index, stop };
  }
  return first;
}

/** Whether the text at a stop may still become a longer stop that begins like it. */
const mayBeLonger = (text: string, stop: string, stops: readonly string[]): boolean =>
  stops.some((other) => other.length > stop.length && other.length > text.length && other.startsWith(text));

/** Length of the longest end of `text` that is a beginning of `stop`, but not the whole of `stop`. */
function overlap(text: string, stop: string): number {
  let length = Math.min(text.length, stop.length - 1);
  while (length > 0 && !stop.startsWith(text.slice(text.length - length))) length--;
  return length;
}
