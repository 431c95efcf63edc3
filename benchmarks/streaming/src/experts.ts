// Whether models with experts can be run at all: found out with a small one, since a large one takes 26 GB of disk.
import { cpu } from '@rondo/backend-cpu';
import { RondoError } from '@rondo/errors';
import { writeGguf } from '@rondo/gguf';
import { synthesize, synthShapes } from '@rondo/gguf/synth';
import { loadModel } from '@rondo/model';
import { memory } from '@rondo/source';

/** @throws RondoError `UNSUPPORTED` when they cannot */
export async function checkExperts(): Promise<void> {
  const shape = { ...synthShapes.tiny, experts: { count: 4, used: 2, feedForwardWidth: 256 } };
  const pieces: Uint8Array[] = [];
  for await (const piece of writeGguf(synthesize(shape, { dtype: 'Q4_0' }))) pieces.push(piece.slice());
  try {
    await using _ = await loadModel(memory(Buffer.concat(pieces)), {
      backend: cpu({ threads: 1 }),
      memory: '64MiB',
    });
  } catch (cause) {
    throw new RondoError('UNSUPPORTED', `models with experts cannot be run yet: ${String(cause)}`, { cause });
  }
}
