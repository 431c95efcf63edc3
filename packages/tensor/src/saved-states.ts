// Saves and restores the recurrent states of a sequence, so that their memory can hold the states of another sequence.
import { RondoError } from '@rondo/errors';
import type { Backend } from './backend.ts';
import type { KvCache, StateIndex } from './kv-cache.ts';

/** The states of a cache, in the order in which they are saved. */
function statesOf({ states = [] }: KvCache): (StateIndex & { readonly values: number })[] {
  return states.flatMap((layer, index) => layer.map((values, state) => ({ layer: index, state, values })));
}

/**
 * The states of all layers in a slot, as float32 values, after the work submitted so far.
 *
 * @throws RondoError `BAD_ARGUMENT` if the cache has no such slot
 */
export async function saveStates(
  backend: Pick<Backend, 'read'>,
  cache: KvCache,
  slot: number,
): Promise<Float32Array> {
  const states = statesOf(cache);
  const saved = new Float32Array(states.reduce((sum, { values }) => sum + values, 0));
  let at = 0;
  for (const index of states) {
    saved.set(await backend.read(cache.stateTensor(index, slot)), at);
    at += index.values;
  }
  return saved;
}

/**
 * Puts saved states into a slot, after the work submitted so far.
 *
 * @throws RondoError `BAD_ARGUMENT` if the cache has no such slot, or if the states have another number of values
 */
export async function restoreStates(
  backend: Pick<Backend, 'write'>,
  cache: KvCache,
  slot: number,
  saved: Float32Array,
): Promise<void> {
  const states = statesOf(cache);
  const values = states.reduce((sum, one) => sum + one.values, 0);
  if (saved.length !== values) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `The saved states have ${saved.length} values, but the states of this model have ${values}. They were saved by another model.`,
      { details: { values: saved.length, expected: values } },
    );
  }
  let at = 0;
  for (const index of states) {
    await backend.write(cache.stateTensor(index, slot), saved.subarray(at, at + index.values));
    at += index.values;
  }
}
