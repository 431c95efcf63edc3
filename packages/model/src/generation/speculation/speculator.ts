// Decides how many proposed tokens the next pass verifies: the number with which tokens come fastest, by the measured times
// of passes and by how often proposals were accepted. The number may be zero.
import type { PassCosts } from '../../sessions/pass-costs.ts';
import { createAcceptance } from './acceptance.ts';
import type { Drafter, Proposal } from './strategy.ts';

/** The result of speculation. */
export interface SpeculationStats {
  /** Number of tokens that passes verified. */
  readonly proposed: number;
  /** Number of verified tokens that the sampler accepted. */
  readonly accepted: number;
}

/** The text when proposals are asked for. */
export interface SpeculationPlace {
  readonly ids: readonly number[];
  /** The most tokens that the text can still use. */
  readonly most: number;
  readonly signal: AbortSignal | undefined;
  /** How many of these tokens, counted from the first, may follow `ids`; default: all. Other proposals are not verified. */
  readonly allowed?: ((proposed: readonly number[]) => number) | undefined;
}

/** The speculation of one text. */
export interface Speculator extends SpeculationStats {
  /** Tokens to verify in the next pass. @throws what the drafter throws */
  propose(place: SpeculationPlace): Promise<readonly number[]>;
  /** The drafter's `onHidden`. */
  readonly onHidden: Drafter['onHidden'];
  /** Learns the token that came next; called once for each token since the proposal. */
  observe(id: number): void;
}

/** The most tokens that are verified at once; the gain of more tokens is small. */
const MOST_TOKENS = 31;
/** Number of tokens of the first proposal of a drafter whose time is unknown. */
const FIRST_TOKENS = 4;
/**
 * The share of the time for trials. A trial verifies tokens although verifying seems not to pay, so that the speculator notices
 * when verifying pays again.
 */
const TRIAL_SHARE = 0.02;

/** Creates a speculator without measurements. A proposal fits into a batch of `batchTokens`, beside a token of each session. */
export function createSpeculator(drafter: Drafter, costs: PassCosts, batchTokens: number): Speculator {
  const acceptance = createAcceptance();
  let proposal: Proposal = { ids: [], evidence: 0 };
  /**
   * How many proposed tokens the pass verifies, and how many have an outcome. A rejected token gives all tokens after it an
   * outcome.
   */
  let sent = 0;
  let seen = 0;
  let proposed = 0;
  let accepted = 0;
  /** Milliseconds that trials may cost. The allowance grows with each pass for which verifying does not pay. */
  let allowanceMs = 0;
  /** The most tokens that were verified at once so far. */
  let longest = 0;

  /** How many of `most` proposed tokens to verify. */
  function choose(evidence: number, most: number): number {
    const { otherSessions } = costs;
    const aloneMs = costs.expect(otherSessions + 1);
    if (aloneMs === undefined || most < 1) return 0;
    const { msPerToken } = drafter;
    if (msPerToken === undefined) return Math.min(most, FIRST_TOKENS);
    const tokenMs = aloneMs / (otherSessions + 1);
    let best = { count: 0, msPerToken: tokenMs };
    let trial = { count: 0, lossMs: 0 };
    let chance = 1;
    let tokens = otherSessions + 1;
    // Step by step: the time of a pass of many rows is a guess until a pass of half as many rows was measured.
    for (let count = 1; count <= Math.min(most, 2 * longest + 1); count++) {
      chance *= acceptance.chance(evidence + count - 1);
      tokens += chance;
      const ms = (costs.expect(otherSessions + 1 + count) ?? Number.POSITIVE_INFINITY) + count * msPerToken;
      const lossMs = ms - tokens * tokenMs;
      if (ms / tokens < best.msPerToken) best = { count, msPerToken: ms / tokens };
      // Takes the largest affordable trial, since passes of many rows are known least.
      if (lossMs <= allowanceMs) trial = { count, lossMs };
    }
    if (best.count > 0) return best.count;
    allowanceMs += TRIAL_SHARE * aloneMs - trial.lossMs;
    return trial.count;
  }

  return {
    get proposed() {
      return proposed;
    },
    get accepted() {
      return accepted;
    },
    async propose({ ids, most, signal, allowed }) {
      const limit = Math.min(most, batchTokens - costs.otherSessions - 1, drafter.tokens ?? MOST_TOKENS);
      const ask = async (count: number): Promise<Proposal> => {
        if (count < 1) return { ids: [], evidence: 0 };
        const given = await drafter.propose(ids, count, signal);
        return allowed ? { ...given, ids: given.ids.slice(0, allowed(given.ids)) } : given;
      };
      if (drafter.tokens !== undefined || drafter.msPerToken === 0) {
        proposal = await ask(limit);
        sent = proposal.ids.length;
        if (drafter.tokens === undefined) sent = choose(proposal.evidence, sent);
      } else {
        const drafted = await ask(choose(0, limit));
        proposal = { ids: drafted.ids, evidence: 0 };
        sent = drafted.ids.length;
      }
      seen = 0;
      proposed += sent;
      longest = Math.max(longest, sent);
      return proposal.ids.slice(0, sent);
    },
    onHidden: drafter.onHidden,
    observe(id) {
      if (seen >= proposal.ids.length) return;
      const cameTrue = proposal.ids[seen] === id;
      acceptance.note(proposal.evidence + seen, cameTrue);
      if (cameTrue && seen < sent) accepted++;
      seen = cameTrue ? seen + 1 : proposal.ids.length;
    },
  };
}
