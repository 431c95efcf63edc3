// What is measured of each engine. The engines are asked for the same things, in turns, and tell how long they took.

/** So many tokens in so much time. */
export interface Timing {
  readonly tokens: number;
  readonly ms: number;
}

/** An engine with a model loaded. */
export interface Peer {
  /** Reads a prompt that it has not seen before. */
  prefill(prompt: string): Promise<Timing>;
  /** Continues a prompt, the reading of which does not count: the tokens after the first new one. */
  decode(prompt: string, tokens: number): Promise<Timing>;
  close(): Promise<void>;
}

/** How an engine runs. */
export interface PeerOptions {
  readonly threads: number;
  /** Positions of the context. */
  readonly context: number;
  /** Memory that is granted, which Rondo alone takes; less than the model has makes the weights stream. Default: all of them stay. */
  readonly memory?: string;
}

/** What a peer in another process or page is asked. */
export type PeerRequest =
  | { readonly method: 'prefill'; readonly prompt: string }
  | { readonly method: 'decode'; readonly prompt: string; readonly tokens: number };
