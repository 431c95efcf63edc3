// A session: the ids of one text, and the state, which holds the first tokens of the text.
import type { PassSequence } from '../pass/batches.ts';
import type { Prediction, PredictionInput } from '../pass/pass-runner.ts';
import type { SequenceState } from '../states/sequence-state.ts';

/** Tells how many of the tokens of a request have been run. */
export type ReadProgress = (readTokens: number, ofTokens: number) => void;

/** A request to a session. */
export interface SessionRequest {
  /** Index in the text: the logits after this token and after each later token are wanted, so these tokens are run. */
  readonly from: number;
  /** How many of the best logits are wanted, as `Encoder.topK` gives them; undefined = all logits. */
  readonly best: number | undefined;
  /** Called with the logits of each wanted token, in order; `token` is the index in the text. */
  onLogits(logits: Float32Array, token: number): void;
  /** As `PassSequence.onHidden`, of all tokens that are run; `token` is the index in the text. */
  readonly onHidden?: PassSequence['onHidden'];
  readonly onProgress?: ReadProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Pairs for the MTP block, as `PredictionInput`. */
export type PredictRequest = Omit<PredictionInput, 'cache'>;

/** One text in the model. */
export interface Session {
  /** The text. */
  readonly ids: readonly number[];
  /** How many tokens of the text, counted from the first, the state holds. */
  readonly held: number;
  /**
   * Adds tokens to the text, and runs all tokens that the state lacks. A session has one request at a time. After a failed
   * run the tokens stay in the text; the next request runs the rest.
   *
   * @throws RondoError `CONTEXT_FULL`; `BAD_ARGUMENT` for an empty text, an id outside the vocabulary, or a `from` that is no
   * index (the text is unchanged then); what loading the weights throws; what a callback throws; the signal's reason
   */
  append(added: readonly number[], request: SessionRequest): Promise<void>;
  /**
   * Runs pairs through the MTP block, whose keys and values the state has up to the position of the last prediction at most.
   *
   * @returns undefined if nothing can be predicted: the state has no keys and values before `position` any more, or the block
   * gave numbers that are not finite
   * @throws what a pass throws; the signal's reason
   */
  predict(request: PredictRequest): Promise<Prediction | undefined>;
  /** Takes the tokens from index `to` on out of the text. */
  rewind(to: number): void;
  /**
   * Rewinds the state to the held tokens. A state that cannot stop at that position is rewound further, and holds fewer tokens.
   * Call only when no pass runs.
   *
   * @returns `held`
   */
  goBack(): number;
  /** A pass begins to store the next `tokens` tokens in the state. */
  store(tokens: number): Pick<PassSequence, 'ids' | 'cache' | 'position'>;
  /** The pass has succeeded: the state holds these tokens, except the tokens that were removed from the text meanwhile. */
  stored(): void;
  /** The state is lost, and `state` takes its place: the next pass begins with the first token. */
  renew(state?: SequenceState): void;
}

/** The objects and numbers that a session needs. */
export interface SessionOptions {
  /** Checks tokens that are to follow `precedingTokens` earlier tokens, and the index from which on logits are wanted. */
  check(added: readonly number[], precedingTokens: number, from: number): void;
  /** Resolves when the state of the session holds the whole text. */
  run(session: Session, request: SessionRequest): Promise<void>;
  /** Runs a prediction when no pass is under way. Undefined: the state was lost. Default: nothing is predicted. */
  predict?(input: () => PredictionInput | undefined, signal?: AbortSignal): Promise<Prediction | undefined>;
}

/** Creates a session with an empty state. The session takes over the list `ids` as its text. */
export function createSession(
  state: SequenceState,
  { check, run, predict }: SessionOptions,
  ids: number[] = [],
): Session {
  let held = 0;
  /** The value of `held` after the pass under way has succeeded. */
  let storing = 0;
  /** The number of pairs whose keys and values the state has. */
  let predicted = 0;

  const session: Session = {
    ids,
    get held() {
      return held;
    },
    async append(added, request) {
      check(added, ids.length, request.from);
      request.signal?.throwIfAborted();
      // One by one: a call takes fewer arguments than a text can have tokens.
      for (const id of added) ids.push(id);
      held = storing = Math.min(held, request.from);
      await run(session, request);
    },
    async predict({ position, ...request }) {
      const prediction = await predict?.(() => {
        if (position > predicted) return undefined;
        predicted = position;
        return { ...request, position, cache: state.cache };
      }, request.signal);
      if (prediction) predicted = position + request.ids.length;
      return prediction;
    },
    rewind(to) {
      ids.length = Math.min(ids.length, to);
      held = Math.min(held, to);
      storing = Math.min(storing, to);
    },
    goBack() {
      return (held = state.rewind(held));
    },
    store(tokens) {
      storing = held + tokens;
      // The pass frees the room of later positions.
      predicted = Math.min(predicted, storing);
      state.storing(storing);
      return { ids: ids.slice(held, storing), cache: state.cache, position: held };
    },
    stored() {
      held = storing;
    },
    renew(next = state) {
      state = next;
      held = storing = predicted = 0;
    },
  };
  return session;
}
