// Watches a stream of text for texts that end it, which may arrive in pieces.

/** Lets text through until a stop text comes. */
export interface StopWatch {
  /** What of the text so far may be shown; nothing that could still become part of a stop text. */
  push(text: string): string;
  /** What was held back, when no more comes. */
  end(): string;
  readonly stopped: boolean;
}

/** Watches for any of `stops`; empty ones never match. */
export function createStopWatch(stops: readonly string[]): StopWatch {
  const watched = stops.filter((stop) => stop.length > 0);
  let held = '';
  let stopped = false;
  return {
    push(text) {
      if (stopped) return '';
      held += text;
      const found = watched.map((stop) => held.indexOf(stop)).filter((index) => index >= 0);
      if (found.length > 0) {
        stopped = true;
        return held.slice(
          0,
          found.reduce((first, index) => Math.min(first, index)),
        );
      }
      const keep = watched.reduce((most, stop) => Math.max(most, overlap(held, stop)), 0);
      const shown = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return shown;
    },
    end() {
      const rest = stopped ? '' : held;
      held = '';
      return rest;
    },
    get stopped() {
      return stopped;
    },
  };
}

/** Length of the longest end of `text` that is a beginning of `stop`, short of all of it. */
function overlap(text: string, stop: string): number {
  let length = Math.min(text.length, stop.length - 1);
  while (length > 0 && !stop.startsWith(text.slice(text.length - length))) length--;
  return length;
}
