// Each number of the metadata of each architecture, out of its range: refused by its key, or by the tensor that contradicts it.
import { cpu } from '@rondo/backend-cpu';
import { encodeGguf, f32, u32, u32s, type Gguf, type MetadataValue } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthShapes, type SynthShape } from '@rondo/synth';
import { afterAll, describe, expect, it } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import { described, errorOf, fileOf, type File } from './support/configured-files.ts';

const shapes = Object.entries(synthShapes).flatMap(([name, shape]): [string, SynthShape][] =>
  name.startsWith('tiny-') ? [[name.slice(5), shape]] : [],
);

/** Values that stand for those that no model has. */
const strange: Readonly<Record<string, MetadataValue>> = {
  '0': u32(0),
  '-1': { type: 'i32', value: -1 },
  '-0.5': f32(-0.5),
  '2^32 - 1': u32(2 ** 32 - 1),
  '2^62': { type: 'u64', value: 2n ** 62n },
  '3e38': f32(3e38),
  'not a number': f32(Number.NaN),
  infinite: f32(Number.POSITIVE_INFINITY),
  'a text': { type: 'string', value: 'four' },
  'an empty array': u32s(),
};
const codes = [
  'BAD_CONFIG',
  'UNSUPPORTED',
  'BAD_TENSOR_SHAPE',
  'MISSING_TENSOR',
  'BAD_VOCABULARY',
  'UNUSED_TENSOR',
];

/** One backend for all models, because each new one starts a thread. */
const backend = await cpu({ threads: 1 });
afterAll(() => backend.dispose());

describe.each(shapes)('%s', (name, shape) => {
  it(`each number of the metadata, replaced by strange ones, is refused by name or is a valid one (${name})`, async () => {
    const file = await fileOf(shape);
    const keys = [...file.gguf.metadata].filter(
      ([key, { value }]) => key.startsWith(`${shape.architecture}.`) && typeof value === 'number',
    );
    expect(keys.length).toBeGreaterThan(8);
    let refused = 0;
    for (const [key] of keys) {
      for (const [what, value] of Object.entries(strange)) {
        const gguf: Gguf = { ...file.gguf, metadata: new Map(file.gguf.metadata).set(key, value) };
        const error = await errorOf(described({ ...file, gguf }));
        if (error === undefined) {
          await runs(gguf, file, `${key} = ${what}`);
          continue;
        }
        refused++;
        expect(error, `${key} = ${what}`).toMatchObject({
          name: 'RondoError',
          code: expect.stringMatching(codes.join('|')),
        });
        const { message, details } = error as Error & { details?: { name?: string } };
        const named = message.includes(key) || gguf.tensors.has(details?.name ?? '') || details?.name;
        expect(named, `${key} = ${what}: ${message}`).toBeTruthy();
      }
    }
    expect(refused).toBeGreaterThan(4 * keys.length);
  });
});

/** What is not refused computes, and ends: in logits, or in an error that says why there are none. */
async function runs({ metadata }: Gguf, { source, gguf }: File, what: string): Promise<void> {
  const bytes = new Uint8Array(gguf.dataOffset);
  await source.readInto(bytes, 0, {});
  const tensors = await Promise.all(
    [...gguf.tensors.values()].map(async ({ name, dtype, shape, offset, bytes: length }) => {
      const data = new Uint8Array(length);
      await source.readInto(data, offset, {});
      return { name, dtype, shape, data };
    }),
  );
  const error = await errorOf(
    (async () => {
      await using model = await loadModel(memory(await encodeGguf({ metadata, tensors })), {
        context: 32,
        backend,
        onWarning: () => {},
      });
      await model.eachLogits([1, 300, 301], 2, (row) => expect(row.every(Number.isFinite)).toBe(true));
    })(),
  );
  if (error !== undefined) expect(error, what).toMatchObject({ name: 'RondoError' });
}
