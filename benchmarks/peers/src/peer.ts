// The measurements of each engine. All engines get the same requests, in turns, and report how long they took.

/** A number of tokens, and their time. */
export interface Timing {
  readonly tokens: number;
  readonly ms: number;
}

/** An engine with a model loaded. */
export interface Peer {
  /** Reads a prompt that it has not seen before. */
  prefill(prompt: string): Promise<Timing>;
  /** Continues a prompt. Counts the tokens after the first new token; reading the prompt does not count. */
  decode(prompt: string, tokens: number): Promise<Timing>;
  close(): Promise<void>;
}

/** How an engine runs. */
export interface PeerOptions {
  readonly threads: number;
  /** Positions of the context. */
  readonly context: number;
  /** The granted memory, used by Rondo only. Default: 3.5 GiB. */
  readonly memory?: string;
  /** Whether the weights may stream, used by Rondo only. Default: a model that does not fit is an error. */
  readonly mayStream?: boolean;
}

/** A request to a peer in another process or page. */
export type PeerRequest =
  | { readonly method: 'prefill'; readonly prompt: string }
  | { readonly method: 'decode'; readonly prompt: string; readonly tokens: number };
