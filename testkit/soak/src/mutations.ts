// Changed model files: each must run or be refused with a RondoError.
import { readFile } from 'node:fs/promises';
import { cpu } from '@rondo/backend-cpu';
import { isRondoError } from '@rondo/errors';
import { encodeGguf } from '@rondo/gguf';
import { synthesize, synthShapes } from '@rondo/synth';
import { loadModel } from '@rondo/model';
import { memory } from '@rondo/source';
import { demoModelPath } from '@rondo/testkit';
import { mutate } from '@rondo/testkit/mutate';
import { greedyIds, type SoakProgram } from './soak.ts';

/** Bytes of a file that mutations change: the header, and the first weights. */
const CHANGED_BYTES = 64 << 10;

export const mutations: SoakProgram = async ({ over, random }) => {
  const files = [
    new Uint8Array(await readFile(demoModelPath('q4_0'))),
    await encodeGguf(synthesize(synthShapes.tiny, { dtype: 'Q8_0' })),
    await encodeGguf(synthesize(synthShapes['tiny-experts'], { dtype: 'Q4_0' })),
  ];
  const backend = await cpu({ threads: 1 });
  const codes = new Map<string, number>();
  let tried = 0;
  try {
    while (!over()) {
      const file = files[Math.floor(random() * files.length)] ?? new Uint8Array();
      const head = mutate([file.subarray(0, CHANGED_BYTES)], 2 * CHANGED_BYTES, random);
      const bytes = new Uint8Array(head.length + file.length - CHANGED_BYTES);
      bytes.set(head);
      bytes.set(file.subarray(CHANGED_BYTES), head.length);
      let outcome = 'runs';
      try {
        await using model = await loadModel(memory(bytes), { backend, context: 32, memory: '64MiB' });
        await greedyIds(model, 'so it', 2);
      } catch (error) {
        if (!isRondoError(error)) throw error;
        outcome = error.code;
      }
      codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
      tried++;
    }
  } finally {
    await backend.dispose();
  }
  const counts = [...codes].map(([code, count]) => `${code} ${count}`).join(', ');
  return `${tried} changed files: ${counts}`;
};
