// Token after token of one text: passes give logits, the sampler chooses. With speculation a pass gives the logits after
// proposed tokens, too, which count as far as the sampler chooses those very tokens: so the text is the same without.
import type { Sampler } from './sampling/index.ts';
import type { ReadProgress } from '../sessions/request-queue.ts';
import type { Sequence } from '../sessions/session-pool.ts';
import type { Speculator } from './speculation/index.ts';

/** A text that grows. */
export interface Decoding {
  /** The tokens so far, prompt included. */
  readonly ids: readonly number[];
  /** Passes over the weights after which tokens were chosen. */
  readonly passes: number;
  /** Sees to it that the logits after the last token are there. @throws as `Sequence.read`; what the drafter throws */
  read(onProgress?: ReadProgress): Promise<void>;
  /** The next token; once after each `read`. @throws RondoError `NON_FINITE_LOGITS` */
  choose(): number;
  /** Takes the token chosen into the text. */
  accept(id: number): void;
}

/** What a decoding works with. */
export interface DecodingOptions {
  readonly sequence: Sequence;
  readonly sampler: Sampler;
  readonly speculator: Speculator | undefined;
  readonly prompt: readonly number[];
  /** Tokens that the text can have, prompt included. */
  readonly mostTokens: number;
  readonly vocabularySize: number;
  readonly signal: AbortSignal | undefined;
}

/** The most logits that a backend is asked to sort out; of more, it hands out all. */
const MOST_CANDIDATES = 128;

/** A text that is its prompt. */
export function createDecoding(options: DecodingOptions): Decoding {
  const { sequence, sampler, speculator, prompt, mostTokens, vocabularySize, signal } = options;
  const best = candidatesOf(sampler, vocabularySize);
  const ids = [...prompt];
  /** Logits after the last token, and after each of those proposed. */
  let rows: Float32Array[] = [];
  let proposed: readonly number[] = [];
  let passes = 0;
  for (const id of prompt) sampler.accept(id);

  /** Proposals for the next pass; not for that which reads the prompt, when nothing is known of what passes take. */
  async function speculate(): Promise<readonly number[]> {
    if (!speculator || passes === 0) return [];
    const { company, room } = sequence;
    const most = Math.min(mostTokens - ids.length, room) - 1;
    return speculator.propose({ ids, most, company, signal });
  }

  return {
    ids,
    get passes() {
      return passes;
    },
    async read(onProgress) {
      if (rows.length > 0) return;
      proposed = await speculate();
      const onLogits = (row: Float32Array) => rows.push(row);
      await sequence.read([...ids, ...proposed], {
        from: ids.length - 1,
        best,
        onLogits,
        onProgress,
        signal,
      });
      passes++;
    },
    choose() {
      const [row = new Float32Array()] = rows;
      return best === undefined ? sampler.sample(row) : sampler.sampleBest(row);
    },
    accept(id) {
      const [next, ...others] = proposed;
      rows = id === next ? rows.slice(1) : [];
      proposed = others;
      ids.push(id);
      sampler.accept(id);
      speculator?.observe(id);
    },
  };
}

/** How many of the best logits the backend is asked for: where a few are enough, the others need not leave it. */
function candidatesOf({ candidates }: Sampler, vocabularySize: number): number | undefined {
  if (candidates === undefined || candidates > MOST_CANDIDATES) return undefined;
  return Math.min(candidates, vocabularySize);
}
