// The sessions of a model. The option `sessions` says how many texts run at once; further texts wait for their turn. A text
// that begins like the text of a free session reuses the state of that session. Example: the next message of a conversation
// does not make the model read the whole conversation again.
import { isRondoError, RondoError, shownValue } from '@rondo/errors';
import type { Budget } from '../memory/budget.ts';
import type { PassRunner, Prediction, PredictionInput } from '../pass/pass-runner.ts';
import type { SequenceState } from '../states/sequence-state.ts';
import { createPassCosts, type PassCosts } from './pass-costs.ts';
import { createRequestQueue } from './request-queue.ts';
import { createSession, type Session } from './session.ts';

/** A session that no other caller uses until it is released. */
export interface AcquiredSession {
  readonly session: Session;
  /** Gives the session to the next caller. Idempotent. */
  release(): void;
}

/** The sessions of a model. */
export interface SessionPool {
  /**
   * Waits for a free session, and rewinds the session to the common beginning of its text and `ids`. The caller appends
   * `ids.slice(session.ids.length)`. Of several free sessions, takes the session that holds most of the beginning of `ids`, or
   * else the session that is unused for longest.
   *
   * @throws RondoError `CONTEXT_FULL`, `BAD_ARGUMENT` for ids that no session can have; the signal's reason
   */
  acquire(ids: readonly number[], signal?: AbortSignal): Promise<AcquiredSession>;
  /** The measured times of passes. */
  readonly costs: PassCosts;
  /** Resolves when no pass is running. */
  idle(): Promise<void>;
}

/** The objects and numbers that sessions need. */
export interface SessionPoolOptions {
  readonly passes: PassRunner;
  /** One state for each session; after recovery, other states. */
  readonly states: () => readonly SequenceState[];
  readonly budget: Pick<Budget, 'batchTokens' | 'contextTokens'>;
  readonly vocabularySize: number;
  /** Restores a backend that has failed; rejects if that is impossible. */
  readonly recover: (() => Promise<void>) | undefined;
}

/** Creates a session for each state. All texts are empty. */
export function createSessionPool(options: SessionPoolOptions): SessionPool {
  const { passes, states, budget, vocabularySize, recover } = options;
  const costs = createPassCosts();
  const requests = createRequestQueue({
    passes,
    budget,
    costs,
    recover:
      recover &&
      (async () => {
        for (const session of sessions) session.renew();
        await recover();
        for (const [index, state] of states().entries()) sessions[index]?.renew(state);
      }),
  });
  const sessions = states().map((state) => createSession(state, { check, run: requests.run, predict }));
  /** The session that has been free for longest comes first. */
  let free: readonly Session[] = sessions;
  let queue: PromiseWithResolvers<Session>[] = [];

  async function predict(input: () => PredictionInput | undefined, signal?: AbortSignal) {
    return requests.alone(async (): Promise<Prediction | undefined> => {
      const given = input();
      try {
        return given && (await passes.predict(given));
      } catch (error) {
        // The text does not need what cannot be predicted.
        if (isRondoError(error) && error.code === 'NON_FINITE_LOGITS') return undefined;
        throw error;
      }
    }, signal);
  }

  function check(added: readonly number[], precedingTokens: number, from: number): void {
    const tokens = precedingTokens + added.length;
    if (tokens === 0)
      throw new RondoError(
        'BAD_ARGUMENT',
        'There are no tokens to run: the text is empty and the model adds none of its own.',
      );
    if (!(Number.isInteger(from) && from >= 0))
      throw new RondoError(
        'BAD_ARGUMENT',
        `Logits are wanted from the token of index ${shownValue(from)} on, which is no index.`,
      );
    const strange = added.findIndex((id) => !(Number.isInteger(id) && id >= 0 && id < vocabularySize));
    if (strange >= 0) {
      const id: unknown = added[strange];
      throw new RondoError(
        'BAD_ARGUMENT',
        `${shownValue(id)} is no token of the model: their ids go from 0 to ${vocabularySize - 1}.`,
        { details: { id, vocabularySize } },
      );
    }
    const { contextTokens } = budget;
    if (tokens > contextTokens) {
      throw new RondoError(
        'CONTEXT_FULL',
        `${tokens} tokens do not fit the context of ${contextTokens}; load the model with a larger context, or shorten the text.`,
        { details: { tokens, contextTokens } },
      );
    }
  }

  /**
   * How many of `ids` a session already holds. 0 if these are at most half of the tokens that the session holds: the session
   * then has a different text.
   */
  function ownStart({ ids: text, held }: Session, ids: readonly number[]): number {
    const common = Math.min(held, commonStart(text, ids));
    return 2 * common > held ? common : 0;
  }

  /** Takes the free session that holds most of this text. If no session holds any of it: the session unused for longest. */
  function take(ids: readonly number[]): Session | undefined {
    const starts = free.map((session) => ownStart(session, ids));
    const taken = free[starts.indexOf(starts.reduce((most, start) => Math.max(most, start), 0))];
    free = free.filter((session) => session !== taken);
    return taken;
  }

  function give(session: Session): void {
    requests.leave(session);
    const next = queue.shift();
    if (next) next.resolve(session);
    else free = [...free, session];
  }

  /** Waits in the queue for a session. */
  async function turn(signal: AbortSignal | undefined): Promise<Session> {
    const waiter = Promise.withResolvers<Session>();
    const abort = () => {
      queue = queue.filter((other) => other !== waiter);
      waiter.reject(signal?.reason);
    };
    queue.push(waiter);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await waiter.promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  return {
    async acquire(ids, signal) {
      signal?.throwIfAborted();
      check(ids, 0, 0);
      const session = take(ids) ?? (await turn(signal));
      session.rewind(commonStart(session.ids, ids));
      let released = false;
      return {
        session,
        release() {
          if (!released) give(session);
          released = true;
        },
      };
    },
    costs,
    idle: requests.idle,
  };
}

/** The number of tokens at the beginning of two texts that are the same. */
function commonStart(a: readonly number[], b: readonly number[]): number {
  const different = a.findIndex((id, index) => id !== b[index]);
  return different < 0 ? a.length : different;
}
