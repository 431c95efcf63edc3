// The end of a pass: the logits of the rows that want them.
import type { Weights } from '@rondo/architectures';
import type { Backend, Encoder, PersistentTensor } from '@rondo/tensor';
import type { Batch } from './batches.ts';
import { encodeLogits, type EncodedModel } from './encode-pass.ts';
import type { ProfileSink } from '../profile/profile-event.ts';
import { timed } from '../profile/recorder.ts';

/** The output head of a pass, and the tensors of its results. */
export interface PassOutputs {
  /** Computes the wanted logits and hands them out. The weights are read once for every `logitRows` rows. */
  compute(
    weights: Weights<string>,
    submit: (encoder: Encoder) => Promise<void>,
    batch: Pick<Batch, 'hidden' | 'wanted'>,
  ): Promise<void>;
  free(): void;
}

/** The outputs of passes that compute at most `logitRows` rows at a time. */
export function createPassOutputs(
  model: EncodedModel & { readonly profile?: ProfileSink | undefined },
  backend: Backend,
  logitRows: number,
): PassOutputs {
  const width = model.config.vocabularySize;
  const logits = backend.tensor([logitRows, width]);
  let bestLogits: PersistentTensor | undefined;

  /** A tensor for the `best` highest logits of each row: the same tensor as long as `best` is the same. */
  function roomForBest(best: number): PersistentTensor {
    if (bestLogits?.shape[1] === 2 * best) return bestLogits;
    bestLogits?.free();
    bestLogits = backend.tensor([logitRows, 2 * best]);
    return bestLogits;
  }

  return {
    async compute(weights, submit, { hidden, wanted }) {
      for (let first = 0; first < wanted.length; first += logitRows) {
        const some = wanted.slice(first, first + logitRows);
        const whole = some.filter(({ best }) => best === undefined);
        const cut = some.filter(({ best }) => best !== undefined);
        const best = cut.reduce((most, row) => Math.max(most, row.best ?? 0), 0);
        const into = cut.length > 0 ? roomForBest(best) : undefined;
        const encoder = backend.encoder();
        encoder.part?.('output');
        const rows = [...whole, ...cut].map(({ row }) => row);
        timed(model.profile, 'encode output', () => {
          const all = encodeLogits(model, encoder, weights, hidden, rows);
          if (whole.length > 0) encoder.copy(encoder.rows(all, 0, whole.length), logits);
          if (into) encoder.copy(encoder.topK(encoder.rows(all, whole.length, cut.length), best), into);
        });
        const submitted = submit(encoder);
        const [values, bestValues] = await Promise.all([
          whole.length > 0 ? backend.read(logits, whole.length) : undefined,
          into && backend.read(into, cut.length),
          submitted,
        ]);
        if (values)
          for (const [i, { tell }] of whole.entries()) tell(values.subarray(i * width, (i + 1) * width));
        if (!bestValues) continue;
        for (const [i, row] of cut.entries())
          row.tell(bestOf(bestValues.subarray(2 * i * best, 2 * (i + 1) * best), row.best ?? best));
      }
    },
    free() {
      logits.free();
      bestLogits?.free();
    },
  };
}

/** The first `count` values that `Encoder.topK` gave for a row, and then their columns. */
function bestOf(row: Float32Array, count: number): Float32Array {
  const given = row.length / 2;
  if (count === given) return row;
  const first = new Float32Array(2 * count);
  first.set(row.subarray(0, count));
  first.set(row.subarray(given, given + count), count);
  return first;
}
