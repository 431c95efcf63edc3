// What the pool needs of a platform's threads.

/** A thread that runs the text it was given. */
export interface Thread {
  /** Called with each message, and with what ended the thread: an error, or an exit without one. */
  onMessage: (message: unknown) => void;
  onError: (error: unknown) => void;
  /** Whether this thread keeps the process alive. */
  keepAlive(alive: boolean): void;
  /** Ends the thread; gives whether the thread is sure to run no more, which browsers do not say. */
  terminate(): Promise<boolean>;
}
