// Who is in the next pass: the requests of all sequences share passes over the weights, one pass at a time. Knows nothing
// of sampling or of text.
import { isRondoError } from '@rondo/errors';
import type { Budget } from '../memory/budget.ts';
import type { PassRunner } from '../pass/pass-runner.ts';
import type { SequenceState } from '../states/sequence-state.ts';
import type { PassCosts } from './pass-costs.ts';

/** Tells how many of the tokens to be read have been. */
export type ReadProgress = (readTokens: number, ofTokens: number) => void;

/** Where a sequence is kept: its state, and the tokens that the state is of. */
export interface Place {
  state: SequenceState;
  held: readonly number[];
}

/** Tokens to be run in a place. */
export interface ReadRequest {
  readonly place: Place;
  /** The whole text; what the place holds of it already is not run again. */
  readonly ids: readonly number[];
  /** From which of the tokens on logits are wanted: these are run in any case. */
  readonly from: number;
  /** How many of the best logits are wanted, as `Encoder.topK` gives them; undefined = all. */
  readonly best: number | undefined;
  /** Called with the logits of each token wanted, in order. */
  onLogits(logits: Float32Array, token: number): void;
  readonly onProgress?: ReadProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Runs requests in passes that they share. */
export interface RequestQueue {
  /**
   * Resolves when all tokens have been run. A place has one request at a time.
   *
   * @throws what the pass or a callback throws; the signal's reason, at once where the pass goes on for others
   */
  run(request: ReadRequest): Promise<void>;
  /** Nothing more comes for this place: no pass waits for it. */
  leave(place: Place): void;
  /** How many other places the last pass served. */
  readonly company: number;
  /** Resolves when no pass is under way. */
  idle(): Promise<void>;
}

/** What a queue works with. */
export interface RequestQueueOptions {
  readonly passes: Pick<PassRunner, 'run' | 'passTokens'>;
  readonly budget: Pick<Budget, 'batchTokens'>;
  /** Is told how long passes take. */
  readonly costs: PassCosts;
  /** Begins anew on a backend that has failed, all places being empty then; rejects when there is no going on. */
  readonly recover: (() => Promise<void>) | undefined;
}

/** A request on its way. */
interface Reader {
  readonly request: ReadRequest;
  /** The first token to run. */
  start: number;
  /** The next token to run, and the next whose logits are to be told. */
  position: number;
  next: number;
  /** Whether it was begun anew after the backend was lost. */
  again: boolean;
  /** Set when it is over, well or not; a pass under way may still be running its tokens. */
  over: boolean;
  readonly settle: PromiseWithResolvers<void>;
}

/**
 * How long a pass waits for those of the last one who have not come back yet, as a share of the time that one took: whoever
 * handles a token that fast stays in step, and a slow one holds up the others by no more.
 */
const GRACE = 1 / 8;

/** A queue with nothing to do. */
export function createRequestQueue({ passes, budget, costs, recover }: RequestQueueOptions): RequestQueue {
  /** In the order in which they have waited. */
  let waiting: Reader[] = [];
  let working: Promise<void> | undefined;
  let pass: { readonly readers: readonly Reader[]; readonly controller: AbortController } | undefined;
  let lastPassMs = 0;
  let company = 0;
  /** Places of the last pass that may ask again any moment. */
  const expected = new Set<Place>();
  let allBack: (() => void) | undefined;

  function notExpected(place: Place): void {
    expected.delete(place);
    if (expected.size === 0) allBack?.();
  }

  async function expectedOrLate(): Promise<void> {
    if (expected.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, lastPassMs * GRACE);
    allBack = resolve;
    await promise;
    clearTimeout(timer);
    allBack = undefined;
    expected.clear();
  }

  /** Whoever is alone may take long; else nobody waits for more than a batch. */
  function passTokens(): number {
    return waiting.length > 1 ? budget.batchTokens : passes.passTokens;
  }

  async function work(): Promise<void> {
    // Who asks in the same turn shares the first pass.
    await Promise.resolve();
    while (waiting.length > 0) {
      await expectedOrLate();
      // Those who waited may have left meanwhile.
      if (waiting.length > 0) await onePass(shares(waiting, passTokens()));
    }
    working = undefined;
  }

  function end(reader: Reader, settle: () => void): void {
    reader.over = true;
    waiting = waiting.filter((other) => other !== reader);
    settle();
  }

  const fail = (reader: Reader, error: unknown) => end(reader, () => reader.settle.reject(error));

  /** Runs what is the reader's own; its error is, too. */
  function guarded(reader: Reader, callback: () => void): void {
    if (reader.over) return;
    try {
      callback();
    } catch (error) {
      fail(reader, error);
    }
  }

  async function onePass(parts: readonly Share[]): Promise<void> {
    const readers = parts.map(({ reader }) => reader);
    const controller = new AbortController();
    pass = { readers, controller };
    const startMs = performance.now();
    try {
      await passes.run({ sequences: parts.map(sequenceOf), signal: controller.signal });
      lastPassMs = performance.now() - startMs;
      company = parts.length - 1;
      costs.note(
        parts.reduce((sum, { tokens }) => sum + tokens, 0),
        lastPassMs,
      );
      for (const part of parts) advance(part);
    } catch (error) {
      await failPass(readers, error);
    } finally {
      pass = undefined;
      // Those who left and were not told yet, because the pass was ended for them.
      for (const { over, settle, request } of readers) if (over) settle.reject(request.signal?.reason);
    }
  }

  function sequenceOf({ reader, tokens }: Share) {
    const { place, ids, best } = reader.request;
    const { position } = reader;
    // From here on the state is written to.
    place.held = ids.slice(0, position);
    place.state.storing(position + tokens);
    return {
      ids: ids.slice(position, position + tokens),
      cache: place.state.cache,
      position,
      best,
      logitsFrom: Math.min(tokens, Math.max(0, reader.next - position)),
      onLogits: (logits: Float32Array, token: number) =>
        guarded(reader, () => {
          reader.request.onLogits(logits, position + token);
          reader.next = position + token + 1;
        }),
    };
  }

  function advance({ reader, tokens }: Share): void {
    // Also for one who left: the tokens are there, and another who has the place now begins before them.
    const { place, ids, onProgress } = reader.request;
    reader.position += tokens;
    place.held = ids.slice(0, reader.position);
    guarded(reader, () => onProgress?.(reader.position - reader.start, ids.length - reader.start));
    if (reader.over) return;
    if (reader.position < ids.length) {
      waiting = [...waiting.filter((other) => other !== reader), reader];
    } else {
      expected.add(place);
      end(reader, reader.settle.resolve);
    }
  }

  async function failPass(readers: readonly Reader[], error: unknown): Promise<void> {
    let cause = error;
    if (recover && isRondoError(error) && error.code === 'BACKEND_FAILED') {
      try {
        await recover();
        for (const reader of waiting) reader.start = reader.position = 0;
        for (const reader of readers) {
          if (reader.again && !reader.over) fail(reader, error);
          reader.again = true;
        }
        return;
      } catch (final) {
        cause = final;
      }
    }
    for (const reader of readers) if (!reader.over) fail(reader, cause);
  }

  /** Ends a reader whose signal was aborted; and the pass with it, where nobody else is in it. */
  function abort(reader: Reader, reason: unknown): void {
    if (reader.over) return;
    const alone = pass?.readers.includes(reader) && pass.readers.every((one) => one === reader || one.over);
    end(reader, () => {
      if (alone) pass?.controller.abort(reason);
      else reader.settle.reject(reason);
    });
  }

  return {
    async run(request) {
      const { place, ids, signal } = request;
      notExpected(place);
      signal?.throwIfAborted();
      const common = Math.min(commonStart(place.held, ids), request.from);
      if (common === ids.length) return;
      const start = place.state.rewind(common);
      place.held = place.held.slice(0, start);
      const settle = Promise.withResolvers<void>();
      const reader: Reader = {
        request,
        start,
        position: start,
        next: request.from,
        again: false,
        over: false,
        settle,
      };
      const onAbort = () => abort(reader, signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.push(reader);
      working ??= work();
      try {
        await settle.promise;
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    leave: notExpected,
    get company() {
      return company;
    },
    async idle() {
      await working;
    },
  };
}

/** How many tokens of a reader are in a pass. */
interface Share {
  readonly reader: Reader;
  readonly tokens: number;
}

/** Divides a pass among those who waited longest: nobody gets more than an equal share while another wants more. */
function shares(waiting: readonly Reader[], passTokens: number): Share[] {
  const left = ({ request, position }: Reader) => request.ids.length - position;
  const served = waiting.slice(0, passTokens);
  const tokens = new Map<Reader, number>();
  let room = passTokens;
  for (const reader of served.toSorted((a, b) => left(a) - left(b))) {
    const share = Math.min(left(reader), Math.floor(room / (served.length - tokens.size)));
    tokens.set(reader, share);
    room -= share;
  }
  return served.map((reader) => ({ reader, tokens: tokens.get(reader) ?? 0 }));
}

/** How many tokens two texts begin with alike. */
export function commonStart(a: readonly number[], b: readonly number[]): number {
  const different = a.findIndex((id, index) => id !== b[index]);
  return different < 0 ? a.length : different;
}
