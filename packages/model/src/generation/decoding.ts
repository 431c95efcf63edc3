// Extends one text token by token: passes give logits, and the sampler chooses. With speculation a pass also gives the logits
// after proposed tokens. These logits are used only as long as the sampler chooses the proposed tokens, so the text is the same
// as without speculation.
import { allowedTokens, type TokenConstraint } from './constraints/token-constraint.ts';
import type { Sampler } from './sampling/index.ts';
import type { ReadProgress, Session } from '../sessions/session.ts';
import type { Speculator } from './speculation/index.ts';

/** A text that grows. */
export interface Decoding {
  /** The tokens so far, prompt included. */
  readonly ids: readonly number[];
  /** Number of passes over the weights after which tokens were chosen. */
  readonly passes: number;
  /** Computes the logits after the last token. @throws as `Session.append`; what the drafter throws */
  read(onProgress?: ReadProgress): Promise<void>;
  /** The next token; called once after each `read`. @throws RondoError `NON_FINITE_LOGITS` */
  choose(): number;
  /** All logits after the last token, if `wholeRows` is set; valid until `accept`. */
  readonly logits: Float32Array;
  /** Adds the chosen token to the text. */
  accept(id: number): void;
}

/** The objects and numbers that a decoding needs. */
export interface DecodingOptions {
  /** A session whose text is the beginning of the prompt. */
  readonly session: Session;
  readonly sampler: Sampler;
  readonly speculator: Speculator | undefined;
  readonly prompt: readonly number[];
  /** The most tokens of the text, prompt included. */
  readonly mostTokens: number;
  readonly vocabularySize: number;
  readonly signal: AbortSignal | undefined;
  /** Says which tokens may come next; default: any. */
  readonly constraint?: TokenConstraint | undefined;
  /** Whether `logits` is wanted: then no pass gives only the best logits. */
  readonly wholeRows?: boolean | undefined;
}

/** The largest number of top logits that a backend is asked for. A sampler that needs more top logits gets all logits. */
const MOST_CANDIDATES = 128;

/** Creates a text that consists of its prompt. */
export function createDecoding(options: DecodingOptions): Decoding {
  const { session, sampler, speculator, prompt, mostTokens, vocabularySize, signal, constraint } = options;
  // A constraint can forbid all of the best tokens, so it needs the other tokens too.
  const isWhole = options.wholeRows === true || constraint !== undefined;
  const best = isWhole ? undefined : candidatesOf(sampler, vocabularySize);
  const allowed = constraint && ((proposed: readonly number[]) => allowedTokens(constraint, proposed));
  const ids = [...prompt];
  /** Logits after the last token, and after each proposed token. The text of the session ends with the proposed tokens. */
  let rows: Float32Array[] = [];
  let passes = 0;
  for (const id of prompt) sampler.accept(id);

  /** Proposals for the next pass. The pass that reads the prompt has none: the time of a pass is unknown then. */
  async function speculate(): Promise<readonly number[]> {
    if (!speculator || passes === 0) return [];
    return speculator.propose({ ids, most: mostTokens - ids.length - 1, signal, allowed });
  }

  return {
    ids,
    get passes() {
      return passes;
    },
    async read(onProgress) {
      if (rows.length > 0) return;
      const added = [...ids.slice(session.ids.length), ...(await speculate())];
      const onLogits = (row: Float32Array) => rows.push(row);
      const onHidden = speculator?.onHidden;
      await session.append(added, { from: ids.length - 1, best, onLogits, onHidden, onProgress, signal });
      passes++;
    },
    get logits() {
      return rows[0] ?? new Float32Array();
    },
    choose() {
      const [row = new Float32Array()] = rows;
      return best === undefined ? sampler.sample(row, constraint) : sampler.sampleBest(row);
    },
    accept(id) {
      if (id === session.ids[ids.length]) {
        rows.shift();
      } else {
        rows = [];
        session.rewind(ids.length);
      }
      ids.push(id);
      sampler.accept(id);
      constraint?.accept(id);
      speculator?.observe(id);
    },
  };
}

/** How many of the best logits the backend is asked for: if a few logits are enough, the other logits stay on the backend. */
function candidatesOf({ candidates }: Sampler, vocabularySize: number): number | undefined {
  if (candidates === undefined || candidates > MOST_CANDIDATES) return undefined;
  return Math.min(candidates, vocabularySize);
}
