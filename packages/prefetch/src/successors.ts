// Learns which symbol follows the last one, two or three symbols: a Markov model of variable order over small integers.
// The model says which symbol came most often. The caller has to measure how far to trust this prediction.

/**
 * The longest context, in symbols. Three symbols distinguish the two directions of back-and-forth access. A longer context
 * would learn more slowly.
 */
export const LONGEST_CONTEXT = 3;

/** Symbols are smaller than this number, so that three symbols fit into one safe integer. */
export const SYMBOL_LIMIT = 65_536;

/** If there are more contexts than this number, all contexts are forgotten. */
const CONTEXT_LIMIT = 65_536;

/** How many different successors of a context are remembered. */
const SUCCESSOR_LIMIT = 8;

/**
 * The factor by which a succession loses weight with each later succession of the same context: an order that changes is
 * soon forgotten.
 */
const FADING = 0.85;

/** The symbol that followed a context most often. */
export interface Successor {
  readonly symbol: number;
  /** The symbol's share of all successors, 0 to 1. */
  readonly share: number;
  /** How often the context was seen; older occurrences count less. */
  readonly seen: number;
}

/** Learned successions. */
export interface Successors {
  /** Learns that `symbol` came after `history` (latest last). */
  learn(history: readonly number[], symbol: number): void;
  /** The symbol that mostly follows the last `length` symbols of `history`; undefined if unknown. */
  after(history: readonly number[], length: number): Successor | undefined;
}

interface Entry {
  readonly symbol: number;
  weight: number;
}

/** Creates successors without learned successions. */
export function successors(): Successors {
  const contexts = Array.from({ length: LONGEST_CONTEXT + 1 }, () => new Map<number, Entry[]>());
  let count = 0;

  function contextOf(history: readonly number[], length: number): number | undefined {
    if (history.length < length) return undefined;
    let context = 0;
    for (const symbol of history.slice(history.length - length)) context = context * SYMBOL_LIMIT + symbol;
    return context;
  }

  return {
    learn(history, symbol) {
      for (let length = 1; length <= LONGEST_CONTEXT; length += 1) {
        const context = contextOf(history, length);
        if (context === undefined) return;
        const entries = contexts[length]?.get(context);
        if (entries === undefined) {
          if (count >= CONTEXT_LIMIT) {
            for (const each of contexts) each.clear();
            count = 0;
          }
          contexts[length]?.set(context, [{ symbol, weight: 1 }]);
          count += 1;
          continue;
        }
        for (const entry of entries) entry.weight *= FADING;
        const entry = entries.find((each) => each.symbol === symbol);
        if (entry !== undefined) entry.weight += 1;
        else if (entries.length < SUCCESSOR_LIMIT) entries.push({ symbol, weight: 1 });
        else {
          const lightest = entries.reduce((a, b) => (b.weight < a.weight ? b : a));
          entries[entries.indexOf(lightest)] = { symbol, weight: 1 };
        }
      }
    },
    after(history, length) {
      const context = contextOf(history, length);
      const entries = context === undefined ? undefined : contexts[length]?.get(context);
      if (entries === undefined) return undefined;
      let best: Entry | undefined;
      let seen = 0;
      for (const entry of entries) {
        seen += entry.weight;
        if (best === undefined || entry.weight > best.weight) best = entry;
      }
      return best === undefined ? undefined : { symbol: best.symbol, share: best.weight / seen, seen };
    },
  };
}
