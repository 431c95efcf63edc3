// A line of progress that overwrites itself. It is shown only on a terminal, not in a log file.
import type { Io } from '../io.ts';

/** A progress line. */
export interface Progress {
  show(text: string): void;
  /** Removes the line from the terminal. */
  clear(): void;
}

/** Work that takes less time than this, in milliseconds, shows nothing: a line that only flashes is worse than none. */
const QUIET_MS = 300;

/** A progress line on `stream`. */
export function createProgress(stream: Io['stderr']): Progress {
  const startMs = performance.now();
  let visible = false;
  return {
    show(text) {
      if (!stream.isTTY || performance.now() - startMs < QUIET_MS) return;
      stream.write(`\r\u001b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
      visible = true;
    },
    clear() {
      if (visible) stream.write('\r\u001b[2K');
      visible = false;
    },
  };
}
