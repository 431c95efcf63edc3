// Predicts the next keys from the keys seen so far. The sources of predictions are a given order, the keys that followed
// the same keys before (loops, and which expert follows which), and the steps between numeric keys (strides, back and
// forth). The measured accuracy of each source decides how far that source is trusted.
import { LONGEST_CONTEXT, SYMBOL_LIMIT, successors, type Successor } from './successors.ts';
import type { PrefetchContext } from './types.ts';

/** Where a prediction comes from. */
export type PredictionSource = 'given' | 'order' | 'stride';

/** A key that is expected. */
export interface Prediction<K> {
  readonly key: K;
  /** The measured probability, 0 to 1, that this key and all keys before it come in this order. */
  readonly confidence: number;
  readonly source: PredictionSource;
}

/** Predicts a sequence of keys. */
export interface OrderModel<K> {
  /** Notes that `key` came: checks the predictions, and learns. */
  observe(key: K): void;
  /**
   * The keys that will follow the last observed key, soonest first. Ends when the confidence falls below `least`, or when
   * there are `count` different keys. A key can occur more than once.
   */
  ahead(count: number, least: number): Prediction<K>[];
}

/** How often predictions of one kind were right. */
interface Record {
  right: number;
  made: number;
}

/** The record of a new kind of prediction, until enough checks were made: right in half of the cases. */
const UNPROVEN: Readonly<Record> = { right: 1, made: 2 };
/** A given order is trusted until it is wrong. */
const PROVEN: Readonly<Record> = { right: 4, made: 4 };
/** After this many checks, older checks count half. */
const REMEMBERED_CHECKS = 64;

/** A path may be this many times longer than `count`, because keys repeat in a path. */
const REPEATS = 4;

interface Guess<K> {
  readonly key: K;
  readonly source: PredictionSource;
  readonly kind: string;
}

/** Creates a model without learned successions. The model asks `context.next` at each key, for `horizon` keys ahead. */
export function orderModel<K>(
  { next, sizeOf }: Pick<PrefetchContext<K>, 'next' | 'sizeOf'>,
  horizon: number,
): OrderModel<K> {
  let ids = new Map<K, number>();
  let keys: K[] = [];
  let steps = new Map<number, number>();
  let stepSizes: number[] = [];
  let byKey = successors();
  let byStep = successors();
  const records = new Map<string, Record>();

  /** The last keys, latest last: as ids of keys, and as ids of the steps between them while keys are numbers. */
  let path: number[] = [];
  let stepPath: number[] = [];
  let latest: { readonly key: K } | undefined;
  let given: readonly K[] = [];
  let guesses: Guess<K>[] = [];

  function forget(): void {
    ids = new Map();
    keys = [];
    steps = new Map();
    stepSizes = [];
    byKey = successors();
    byStep = successors();
    path = [];
    stepPath = [];
  }

  function idOf(key: K): number {
    let id = ids.get(key);
    if (id === undefined) {
      id = keys.push(key) - 1;
      ids.set(key, id);
    }
    return id;
  }

  function stepId(step: number): number {
    let id = steps.get(step);
    if (id === undefined) {
      id = stepSizes.push(step) - 1;
      steps.set(step, id);
    }
    return id;
  }

  function exists(key: K): boolean {
    return ids.has(key) || given.includes(key) || sizeOf?.(key) !== undefined;
  }

  /**
   * The kind of a guess, by which guesses are trusted: source, length of the context, how often the context was seen, and
   * how clear the successor was.
   */
  function kindOf(source: PredictionSource, length: number, { seen, share }: Successor): string {
    const often = seen < 1.5 ? 'once' : seen < 2.5 ? 'twice' : 'often';
    const clear = share > 0.95 ? 'always' : share > 0.7 ? 'mostly' : share > 0.5 ? 'rather' : 'partly';
    return `${source}/${length}/${often}/${clear}`;
  }

  /** The key that each source expects after a path, the longest contexts first. */
  function guess(
    at: K,
    keyPath: readonly number[],
    stepsToIt: readonly number[],
    told: K | undefined,
  ): Guess<K>[] {
    const found: Guess<K>[] = [];
    if (told !== undefined) found.push({ key: told, source: 'given', kind: 'given' });
    for (let length = LONGEST_CONTEXT; length >= 1; length -= 1) {
      const follower = byKey.after(keyPath, length);
      if (follower !== undefined) {
        const key = keys[follower.symbol] as K;
        found.push({ key, source: 'order', kind: kindOf('order', length, follower) });
      }
      const step = typeof at === 'number' ? byStep.after(stepsToIt, length) : undefined;
      if (step !== undefined) {
        // K is a number type here, so the sum of two numbers is a K.
        const key = (Number(at) + (stepSizes[step.symbol] ?? 0)) as K;
        if (exists(key)) found.push({ key, source: 'stride', kind: kindOf('stride', length, step) });
      }
    }
    return found;
  }

  function trust({ kind, source }: Guess<K>): number {
    const { right, made } = records.get(kind) ?? (source === 'given' ? PROVEN : UNPROVEN);
    return right / made;
  }

  function check(key: K): void {
    for (const { kind, source, key: guessed } of guesses) {
      let record = records.get(kind);
      if (record === undefined) {
        record = { ...(source === 'given' ? PROVEN : UNPROVEN) };
        records.set(kind, record);
      }
      record.made += 1;
      if (Object.is(guessed, key)) record.right += 1;
      if (record.made < REMEMBERED_CHECKS) continue;
      record.made /= 2;
      record.right /= 2;
    }
  }

  function pushed(history: readonly number[], symbol: number): number[] {
    return [...history.slice(1 - LONGEST_CONTEXT), symbol];
  }

  return {
    observe(key) {
      check(key);
      if (keys.length >= SYMBOL_LIMIT || stepSizes.length >= SYMBOL_LIMIT) forget();
      const id = idOf(key);
      byKey.learn(path, id);
      path = pushed(path, id);
      if (typeof key === 'number' && typeof latest?.key === 'number' && Number.isFinite(key - latest.key)) {
        const step = stepId(key - latest.key);
        byStep.learn(stepPath, step);
        stepPath = pushed(stepPath, step);
      } else stepPath = [];
      latest = { key };
      given = next(key, horizon);
      guesses = guess(key, path, stepPath, given[0]);
    },

    ahead(count, least) {
      const predictions: Prediction<K>[] = [];
      if (latest === undefined) return predictions;
      const different = new Set<K>([latest.key]);
      let at = latest.key;
      let keyPath: readonly number[] = path;
      let stepsToIt: readonly number[] = stepPath;
      let isAsGiven = true;
      let confidence = 1;
      for (let position = 0; position < REPEATS * count && different.size <= count; position += 1) {
        const told: K | undefined = isAsGiven ? given[position] : undefined;
        let best: Guess<K> | undefined;
        let bestTrust = 0;
        for (const each of position === 0 ? guesses : guess(at, keyPath, stepsToIt, told)) {
          const eachTrust = trust(each);
          if (eachTrust > bestTrust) [best, bestTrust] = [each, eachTrust];
        }
        confidence *= bestTrust;
        if (best === undefined || confidence < least) break;
        predictions.push({ key: best.key, confidence, source: best.source });
        isAsGiven = isAsGiven && Object.is(best.key, told);
        different.add(best.key);
        const id = ids.get(best.key);
        // A key that never came has no id. Its successor can come from a given order or a stride, but not from a learned order.
        keyPath = id === undefined ? [] : pushed(keyPath, id);
        const step: number | undefined =
          typeof at === 'number' ? steps.get(Number(best.key) - at) : undefined;
        stepsToIt = step === undefined ? [] : pushed(stepsToIt, step);
        at = best.key;
      }
      return predictions;
    },
  };
}
