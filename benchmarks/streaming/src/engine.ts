// What is measured of each engine, and what processes with one in them are sent and send.

/** How an engine is opened. */
export interface EngineOptions {
  readonly path: string;
  readonly threads: number;
  /** Positions of the context, of each session. */
  readonly contextTokens: number;
  /** Rondo only: what it may use beyond the bare runtime. llama.cpp has no such setting, but its process a limit. */
  readonly memoryBytes?: number | undefined;
  /** Rondo only: texts that are run at once. Default 1. */
  readonly sessions?: number | undefined;
  /** Rondo only: how fast its file is read at most. Default: as fast as it can. */
  readonly bytesPerSecond?: number | undefined;
}

/** What an engine says once its model is loaded. */
export interface Loaded {
  /** Weights that a token needs, experts that it does not choose included; 0 where the engine does not tell. */
  readonly weightBytes: number;
  /** Room for weights in memory; 0 where the engine does not tell. */
  readonly weightRoomBytes: number;
  /** The most memory that the process has had. */
  readonly peakRssBytes: number;
}

/** Texts to be continued, all at once. */
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

/** What a run came to. */
export interface Run {
  /** From the request to the first token. */
  readonly firstTokenMs: number;
  /** Bytes read from the disk until then; 0 where the engine does not tell. */
  readonly firstTokenBytesRead: number;
  /** Tokens after the first of each text, and the time from the first token to the last. */
  readonly tokens: number;
  readonly decodeMs: number;
  /** Bytes read from the disk from the first token on. */
  readonly bytesRead: number;
  /** Passes over the weights that gave the tokens, where proposals were looked up. */
  readonly passes: number | undefined;
  /** The most memory that the process has had. */
  readonly peakRssBytes: number;
}

/** An engine with a model loaded. */
export interface Engine {
  readonly loaded: Omit<Loaded, 'peakRssBytes'>;
  run(request: RunRequest): Promise<Omit<Run, 'peakRssBytes'>>;
  close(): Promise<void>;
}

/** Engines by name; `runtime` is Rondo with its threads started and no model: what its memory is counted from. */
export type EngineName = 'rondo' | 'llama.cpp' | 'runtime';

/** What a process sends: first that it is ready, then an answer to each request; or why not. */
export type Message = { readonly loaded: Loaded } | { readonly run: Run } | { readonly error: string };
