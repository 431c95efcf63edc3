// The logits for each token of a text, computed in one call or in one call for each token.
import type { Model } from '@rondo/model';

/** A text: a prompt, and the ids that follow it. */
export interface Continuation {
  readonly prompt: readonly number[];
  readonly ids: readonly number[];
}

/** The logits `[vocabulary]` from which each of `ids` is chosen, all from one call: many tokens in a pass. */
export async function logitsInOneCall(model: Model, { prompt, ids }: Continuation): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  const text = [...prompt, ...ids.slice(0, -1)];
  await model.eachLogits(text, prompt.length - 1, (logits) => rows.push(logits.slice()));
  return rows;
}

/** As `logitsInOneCall`, but with one call for each id: the prompt, then one token in a pass, as in generating. */
export async function logitsOneByOne(model: Model, { prompt, ids }: Continuation): Promise<Float32Array[]> {
  const rows: Float32Array[] = [];
  for (const step of ids.keys()) {
    const text = [...prompt, ...ids.slice(0, step)];
    await model.eachLogits(text, text.length - 1, (logits) => rows.push(logits.slice()));
  }
  return rows;
}

/** The id of the greatest logit. */
export function bestOf(logits: Float32Array): number {
  return logits.reduce((found, logit, id) => (logit > (logits[found] ?? -Infinity) ? id : found), 0);
}

/** The logit of `id` less the best other logit; negative if another id is chosen. */
export function leadOf(logits: Float32Array, id: number): number {
  const own = logits[id] ?? Number.NaN;
  return (
    own - logits.reduce((best, logit, other) => (other === id ? best : Math.max(best, logit)), -Infinity)
  );
}
