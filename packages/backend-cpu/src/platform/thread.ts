// The interface of a platform's threads.

/** A thread that runs the source text with which the thread was created. */
export interface Thread {
  /** Called with each message. */
  onMessage: (message: unknown) => void;
  /** Called with an error when the thread fails or ends. */
  onError: (error: unknown) => void;
  /** Whether this thread keeps the process alive. */
  keepAlive(alive: boolean): void;
  /** Ends the thread. Resolves with true if the thread has certainly ended, and with false in browsers, which do not tell. */
  terminate(): Promise<boolean>;
}
