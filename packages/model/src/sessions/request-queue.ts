// Decides which requests share the next pass over the weights. One pass runs at a time. The queue knows nothing of sampling
// or of text.
import { isRondoError } from '@rondo/errors';
import type { Budget } from '../memory/budget.ts';
import type { PassSequence } from '../pass/batches.ts';
import type { PassRunner } from '../pass/pass-runner.ts';
import type { PassCosts } from './pass-costs.ts';
import type { Session, SessionRequest } from './session.ts';

/** Runs requests in passes that they share. */
export interface RequestQueue {
  /**
   * Resolves when the state of the session holds the whole text. A session has one request at a time.
   *
   * @throws what the pass or a callback throws; the signal's reason, at once if the pass goes on for other requests
   */
  run(session: Session, request: SessionRequest): Promise<void>;
  /**
   * Runs `task` when no pass is under way, before the next pass. An abort ends the waiting; a task that has begun ends itself.
   *
   * @returns the result of `task`; undefined if the backend failed and was restored
   * @throws what `task` throws; the signal's reason
   */
  alone<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T | undefined>;
  /** Says that no further request comes for this session, so that no pass waits for the session. */
  leave(session: Session): void;
  /** Resolves when no pass is under way. */
  idle(): Promise<void>;
}

/** The objects that a queue needs. */
export interface RequestQueueOptions {
  readonly passes: Pick<PassRunner, 'run' | 'passTokens'>;
  readonly budget: Pick<Budget, 'batchTokens'>;
  /** Learns the times of passes. */
  readonly costs: PassCosts;
  /** Restores a backend that has failed, after which no session holds tokens; rejects if that is impossible. */
  readonly recover: (() => Promise<void>) | undefined;
}

/** A request in the queue. */
interface Entry {
  readonly session: Session;
  readonly request: SessionRequest;
  /** Index of the first token that is run. */
  start: number;
  /** Index of the next token whose logits are passed to the callback. */
  next: number;
  /** How many tokens the last pass took, or the pass under way takes. */
  tokens: number;
  /** Whether the request began anew after the backend was lost. */
  again: boolean;
  readonly settle: PromiseWithResolvers<void>;
}

/**
 * How long a pass waits for sessions of the last pass that have not asked again, as a share of the time that the last pass
 * took: a session that asks again within this time shares the next pass, and a slow session delays the others by no more than
 * this time.
 */
const GRACE = 1 / 8;

/** Creates an empty queue. */
export function createRequestQueue({ passes, budget, costs, recover }: RequestQueueOptions): RequestQueue {
  /**
   * The requests that have not ended; the request that has waited longest comes first. A pass under way may still run tokens of
   * a request that has ended.
   */
  const waiting = new Set<Entry>();
  /** The tasks that wait for a moment without a pass. */
  const tasks: (() => Promise<void>)[] = [];
  let working: Promise<void> | undefined;
  let pass: { readonly entries: readonly Entry[]; readonly controller: AbortController } | undefined;
  let lastPassMs = 0;
  /** Sessions of the last pass that may ask again any moment. */
  const expected = new Set<Session>();
  let allBack: (() => void) | undefined;

  function notExpected(session: Session): void {
    expected.delete(session);
    if (expected.size === 0) allBack?.();
  }

  /** Resolves when the expected sessions have asked again or are late, and at once when there is a task. */
  async function expectedOrLate(): Promise<void> {
    if (expected.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, lastPassMs * GRACE);
    allBack = resolve;
    await promise;
    clearTimeout(timer);
    allBack = undefined;
    if (tasks.length === 0) expected.clear();
  }

  /**
   * A request that is alone may run several batches in a pass. Otherwise a pass has one batch, so that no request waits long.
   */
  function passTokens(): number {
    return waiting.size > 1 ? budget.batchTokens : passes.passTokens;
  }

  async function work(): Promise<void> {
    // Requests of the same turn of the event loop share the first pass.
    await Promise.resolve();
    while (waiting.size > 0 || tasks.length > 0) {
      const task = tasks.shift();
      if (task) {
        await task();
        continue;
      }
      await expectedOrLate();
      // Requests that waited may have ended meanwhile.
      if (waiting.size > 0 && tasks.length === 0) await onePass(divided([...waiting], passTokens()));
    }
    working = undefined;
  }

  function fail(entry: Entry, error: unknown): void {
    if (waiting.delete(entry)) entry.settle.reject(error);
  }

  /** Runs a callback of the request; an error of the callback ends this request alone. */
  function guarded(entry: Entry, callback: () => void): void {
    if (!waiting.has(entry)) return;
    try {
      callback();
    } catch (error) {
      fail(entry, error);
    }
  }

  async function onePass(entries: readonly Entry[]): Promise<void> {
    const controller = new AbortController();
    pass = { entries, controller };
    const startMs = performance.now();
    try {
      await passes.run({ sequences: entries.map(sequenceOf), signal: controller.signal });
      lastPassMs = performance.now() - startMs;
      const rows = entries.reduce((sum, { tokens }) => sum + tokens, 0);
      costs.note(rows, lastPassMs, entries.length);
      for (const entry of entries) advance(entry);
    } catch (error) {
      await failPass(entries, error);
    } finally {
      pass = undefined;
      // Rejects the aborted requests for which the pass itself was aborted.
      for (const entry of entries) if (!waiting.has(entry)) entry.settle.reject(entry.request.signal?.reason);
    }
  }

  function sequenceOf(entry: Entry): PassSequence {
    const { session, request, tokens } = entry;
    const sequence = session.store(tokens);
    const { position } = sequence;
    const { onHidden } = request;
    return {
      ...sequence,
      best: request.best,
      logitsFrom: Math.min(tokens, Math.max(0, entry.next - position)),
      onLogits: (logits, token) =>
        guarded(entry, () => {
          request.onLogits(logits, position + token);
          entry.next = position + token + 1;
        }),
      onHidden: onHidden && ((rows, token) => guarded(entry, () => onHidden(rows, position + token))),
    };
  }

  function advance(entry: Entry): void {
    const { session, request, start } = entry;
    // Also for an aborted request: the pass has stored its tokens.
    session.stored();
    const [ranTokens, ofTokens] = [session.held - start, session.ids.length - start];
    guarded(entry, () => request.onProgress?.(ranTokens, ofTokens));
    if (!waiting.delete(entry)) return;
    if (ranTokens < ofTokens) {
      waiting.add(entry);
    } else {
      expected.add(session);
      entry.settle.resolve();
    }
  }

  /** Restores a backend whose failure `error` is. @returns whether `error` is such a failure @throws if that is impossible */
  async function recovered(error: unknown): Promise<boolean> {
    if (!recover || !isRondoError(error) || error.code !== 'BACKEND_FAILED') return false;
    await recover();
    return true;
  }

  async function failPass(entries: readonly Entry[], error: unknown): Promise<void> {
    let cause = error;
    try {
      if (await recovered(error)) {
        for (const entry of entries) {
          if (entry.again) fail(entry, error);
          entry.again = true;
        }
        return;
      }
    } catch (final) {
      cause = final;
    }
    for (const entry of entries) fail(entry, cause);
  }

  /** Ends a request whose signal was aborted. If all other requests of its pass have ended, aborts the pass, too. */
  function abort(entry: Entry, reason: unknown): void {
    if (!waiting.delete(entry)) return;
    const isLast = pass?.entries.includes(entry) && !pass.entries.some((other) => waiting.has(other));
    if (isLast) pass?.controller.abort(reason);
    else entry.settle.reject(reason);
  }

  return {
    async run(session, request) {
      notExpected(session);
      const { ids, held: start } = session;
      if (start === ids.length) return;
      const { from: next, signal } = request;
      const settle = Promise.withResolvers<void>();
      const entry: Entry = { session, request, start, next, tokens: 0, again: false, settle };
      const onAbort = () => abort(entry, signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.add(entry);
      working ??= work();
      try {
        await settle.promise;
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    async alone<T>(task: () => Promise<T>, signal?: AbortSignal) {
      signal?.throwIfAborted();
      const result = Promise.withResolvers<T | undefined>();
      const waitingTask = async () => {
        try {
          result.resolve(await task());
        } catch (error) {
          await recovered(error).then(
            (isRestored) => (isRestored ? result.resolve(undefined) : result.reject(error)),
            result.reject,
          );
        }
      };
      const onAbort = () => {
        const place = tasks.indexOf(waitingTask);
        if (place < 0) return;
        tasks.splice(place, 1);
        result.reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      tasks.push(waitingTask);
      working ??= work();
      allBack?.();
      try {
        return await result.promise;
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    leave: notExpected,
    async idle() {
      await working;
    },
  };
}

/**
 * Divides a pass among the requests that waited longest: no request gets more than an equal share while another request wants
 * more.
 */
function divided(waiting: readonly Entry[], passTokens: number): Entry[] {
  const left = ({ session }: Entry) => session.ids.length - session.held;
  const entries = waiting.slice(0, passTokens);
  for (const entry of entries) entry.start = Math.min(entry.start, entry.session.goBack());
  let room = passTokens;
  for (const [index, entry] of entries.toSorted((a, b) => left(a) - left(b)).entries()) {
    entry.tokens = Math.min(left(entry), Math.floor(room / (entries.length - index)));
    room -= entry.tokens;
  }
  return entries;
}
