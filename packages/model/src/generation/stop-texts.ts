// Watches a stream of text for stop texts, which may arrive in pieces. Control tokens are not shown, but stop
// texts may name them.
import { RondoError, shownValue } from '@rondo/errors';

/** Lets text through until a stop text comes. */
export interface StopWatch {
  /**
   * Adds text. Returns the text that may be shown now: text that could still become part of a stop text is held back.
   *
   * @param hidden text that follows `text` and is never shown: the text of a control token
   */
  push(text: string, hidden?: string): string;
  /** Ends the stream, and returns the text that was held back. */
  end(): string;
  readonly stopped: boolean;
}

/**
 * The stop texts of an option.
 *
 * @throws RondoError `BAD_ARGUMENT` for a value that is no text, an empty text, or half of a character
 */
export function stopTextsOf(option: string | readonly string[] | undefined): readonly string[] {
  const stops: readonly unknown[] = Array.isArray(option) ? option : option === undefined ? [] : [option];
  return stops.map((stop) => {
    if (typeof stop !== 'string') {
      throw new RondoError(
        'BAD_ARGUMENT',
        `stop must be a text or a list of texts, not ${shownValue(option)}.`,
      );
    }
    if (stop === '') {
      throw new RondoError(
        'BAD_ARGUMENT',
        'stop has an empty text, which ends nothing: it comes at no place. Leave it out.',
        { details: { option: 'stop', stop } },
      );
    }
    if (!stop.isWellFormed()) {
      throw new RondoError(
        'BAD_ARGUMENT',
        `The stop text ${JSON.stringify(stop)} has half of a character in it (a lone surrogate). Give whole characters.`,
        { details: { stop } },
      );
    }
    return stop;
  });
}

/** Watches for any of `stops`; none of them is empty. */
export function createStopWatch(stops: readonly string[]): StopWatch {
  let held = '';
  /** Starts and ends of the hidden texts in `held`. */
  let hiddenRanges: (readonly [start: number, end: number])[] = [];
  let stopped = false;

  /** Takes the first `length` characters from `held`, and returns the characters to be shown. */
  function take(length: number): string {
    let shown = '';
    let at = 0;
    for (const [start, end] of hiddenRanges) {
      shown += held.slice(at, Math.min(start, length));
      at = Math.min(end, length);
    }
    shown += held.slice(at, length);
    held = held.slice(length);
    hiddenRanges = hiddenRanges
      .filter(([, end]) => end > length)
      .map(([start, end]) => [Math.max(0, start - length), end - length]);
    return shown;
  }

  return {
    push(text, hidden = '') {
      if (stopped) return '';
      held += text;
      if (hidden !== '') {
        hiddenRanges.push([held.length, held.length + hidden.length]);
        held += hidden;
      }
      const found = stops.map((stop) => held.indexOf(stop)).filter((index) => index >= 0);
      if (found.length > 0) {
        stopped = true;
        return take(found.reduce((first, index) => Math.min(first, index)));
      }
      return take(held.length - stops.reduce((most, stop) => Math.max(most, overlap(held, stop)), 0));
    },
    end: () => (stopped ? '' : take(held.length)),
    get stopped() {
      return stopped;
    },
  };
}

/** Length of the longest end of `text` that is a beginning of `stop`, but not the whole of `stop`. */
function overlap(text: string, stop: string): number {
  let length = Math.min(text.length, stop.length - 1);
  while (length > 0 && !stop.startsWith(text.slice(text.length - length))) length--;
  return length;
}
