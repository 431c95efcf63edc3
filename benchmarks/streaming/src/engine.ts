// The measurements of each engine, and the messages of processes with an engine.

/** How an engine is opened. */
export interface EngineOptions {
  readonly path: string;
  readonly threads: number;
  /** Positions of the context, of each session. */
  readonly contextTokens: number;
  /**
   * Rondo only: the bytes that it may use besides the bare runtime. llama.cpp has no such setting, but its process has a
   * limit.
   */
  readonly memoryBytes?: number | undefined;
  /** Rondo only: the number of texts that run at once. Default 1. */
  readonly sessions?: number | undefined;
  /** Rondo only: the most bytes a second that are read from its file. Default: no limit. */
  readonly bytesPerSecond?: number | undefined;
}

/** What an engine reports once its model is loaded. */
export interface Loaded {
  /** Bytes of weights that a token needs, including experts that it does not choose; 0 if the engine does not report it. */
  readonly weightBytes: number;
  /** Bytes for weights in memory; 0 if the engine does not report it. */
  readonly weightRoomBytes: number;
  /** The most memory that the process has used. */
  readonly peakRssBytes: number;
}

/** Texts to be continued at the same time. */
export interface RunRequest {
  /** Token ids, or texts. llama.cpp takes one prompt of ids. */
  readonly prompts: readonly (string | readonly number[])[];
  /** Tokens after the first of each text. */
  readonly tokens: number;
  /** Default 0: greedy. */
  readonly temperature?: number | undefined;
  /** Whether proposals are looked up in the text. */
  readonly lookup?: boolean | undefined;
}

/** The result of a run. */
export interface Run {
  /** Milliseconds from the request to the first token. */
  readonly firstTokenMs: number;
  /** Bytes read from the disk until then; 0 if the engine does not report them. */
  readonly firstTokenBytesRead: number;
  /** Tokens after the first of each text, and the milliseconds from the first token to the last. */
  readonly tokens: number;
  readonly decodeMs: number;
  /** Bytes read from the disk from the first token on. */
  readonly bytesRead: number;
  /** Passes over the weights that gave the tokens, if proposals were looked up. */
  readonly passes: number | undefined;
  /** The most memory that the process has used. */
  readonly peakRssBytes: number;
}

/** An engine with a model loaded. */
export interface Engine {
  readonly loaded: Omit<Loaded, 'peakRssBytes'>;
  run(request: RunRequest): Promise<Omit<Run, 'peakRssBytes'>>;
  close(): Promise<void>;
}

/** Engines by name. `runtime` is Rondo with its threads started and without a model: its memory is subtracted. */
export type EngineName = 'rondo' | 'llama.cpp' | 'runtime';

/** A message of a process: first that it is ready, then an answer to each request; or an error. */
export type Message = { readonly loaded: Loaded } | { readonly run: Run } | { readonly error: string };
