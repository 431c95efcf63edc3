// The sequences whose keys and values a model holds: so many run at once, further ones wait for their turn. A text that
// begins like one that was run before goes on from where they part, so a conversation is not read again at each turn.
import { RondoError, shownValue } from '@rondo/errors';
import type { Budget } from '../memory/budget.ts';
import type { PassRunner } from '../pass/pass-runner.ts';
import type { SequenceState } from '../states/sequence-state.ts';
import { createPassCosts, type PassCosts } from './pass-costs.ts';
import { commonStart, createRequestQueue, type Place, type ReadRequest } from './request-queue.ts';

/** A sequence that its caller alone runs, until it is released. */
export interface Sequence {
  /**
   * Tells the logits after each of `ids` from index `from` on. What the sequence holds already of the tokens before `from`
   * is not run again.
   *
   * @throws RondoError `CONTEXT_FULL`; `BAD_ARGUMENT` for no ids, one that is no token, or a `from` that is no index; what loading the weights throws;
   * what a callback throws; the signal's reason
   */
  read(ids: readonly number[], request: Omit<ReadRequest, 'place' | 'ids'>): Promise<void>;
  /** How many other sequences shared the last pass. */
  readonly company: number;
  /** How many tokens fit into a pass beside one of each of the others. */
  readonly room: number;
  /** Lets another have it. Idempotent. */
  release(): void;
}

/** The sequences of a model. */
export interface SessionPool {
  /** Waits for a free one; of several, that which was in the middle of this text, or else the longest unused. */
  acquire(ids: readonly number[], signal?: AbortSignal): Promise<Sequence>;
  /** What passes take. */
  readonly costs: PassCosts;
  /** Resolves when no pass is running. */
  idle(): Promise<void>;
}

/** What sequences work with. */
export interface SessionPoolOptions {
  readonly passes: PassRunner;
  /** One for each session; after recovery others. */
  readonly states: () => readonly SequenceState[];
  readonly budget: Pick<Budget, 'batchTokens' | 'contextTokens'>;
  readonly vocabularySize: number;
  /** Begins anew on a backend that has failed; rejects when there is no going on. */
  readonly recover: (() => Promise<void>) | undefined;
}

/** As many sequences as there are caches, which hold nothing yet. */
export function createSessionPool(options: SessionPoolOptions): SessionPool {
  const { passes, states, budget, vocabularySize, recover } = options;
  const places: readonly Place[] = states().map((state) => ({ state, held: [] }));
  /** That which has been free for longest comes first. */
  let free = places;
  let queue: PromiseWithResolvers<Place>[] = [];
  const costs = createPassCosts();
  const requests = createRequestQueue({
    passes,
    budget,
    costs,
    recover:
      recover &&
      (async () => {
        for (const place of places) place.held = [];
        await recover();
        for (const [session, state] of states().entries()) {
          const place = places[session];
          if (place) place.state = state;
        }
      }),
  });

  function check(ids: readonly number[], from: number): void {
    if (ids.length === 0)
      throw new RondoError(
        'BAD_ARGUMENT',
        'There are no tokens to run: the text is empty and the model adds none of its own.',
      );
    if (!(Number.isInteger(from) && from >= 0))
      throw new RondoError(
        'BAD_ARGUMENT',
        `Logits are wanted from the token of index ${shownValue(from)} on, which is no index.`,
      );
    const strange = ids.findIndex((id) => !(Number.isInteger(id) && id >= 0 && id < vocabularySize));
    if (strange >= 0) {
      const stranger: unknown = ids[strange];
      throw new RondoError(
        'BAD_ARGUMENT',
        `${shownValue(stranger)} is no token of the model: their ids go from 0 to ${vocabularySize - 1}.`,
        { details: { id: stranger, vocabularySize } },
      );
    }
    if (ids.length > budget.contextTokens) {
      throw new RondoError(
        'CONTEXT_FULL',
        `${ids.length} tokens do not fit the context of ${budget.contextTokens}; load the model with a larger context, or shorten the text.`,
        { details: { tokens: ids.length, contextTokens: budget.contextTokens } },
      );
    }
  }

  /** How much of `ids` a place holds already, where that is most of what it holds: else it is another text's. */
  function ownStart({ held }: Place, ids: readonly number[]): number {
    const common = commonStart(held, ids);
    return 2 * common > held.length ? common : 0;
  }

  /** Takes the free place that holds most of this text; where none does, that which has been free for longest. */
  function take(ids: readonly number[]): Place | undefined {
    const starts = free.map((place) => ownStart(place, ids));
    const longest = starts.reduce((most, start) => Math.max(most, start), 0);
    const place = free[starts.indexOf(longest)];
    free = free.filter((other) => other !== place);
    return place;
  }

  function give(place: Place): void {
    requests.leave(place);
    const next = queue.shift();
    if (next) next.resolve(place);
    else free = [...free, place];
  }

  /** Waits in the queue for a place. */
  async function turn(signal: AbortSignal | undefined): Promise<Place> {
    const waiter = Promise.withResolvers<Place>();
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
      const place = take(ids) ?? (await turn(signal));
      let released = false;
      return {
        async read(text, request) {
          check(text, request.from);
          await requests.run({ ...request, place, ids: text });
        },
        get company() {
          return requests.company;
        },
        get room() {
          return budget.batchTokens - requests.company;
        },
        release() {
          if (!released) give(place);
          released = true;
        },
      };
    },
    costs,
    idle: () => requests.idle(),
  };
}
