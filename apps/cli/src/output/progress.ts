// One line of progress that overwrites itself. Only on a terminal: a log file has no use for it.
import type { Io } from '../io.ts';

/** A line that comes and goes. */
export interface Progress {
  show(text: string): void;
  /** Leaves the terminal as if nothing had been shown. */
  clear(): void;
}

/** Work that is done sooner than this shows nothing: a line that only flashes is worse than none. */
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
