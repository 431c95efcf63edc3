// Models with an MTP block, and an independent calculation of what the block predicts.
import { encodeGguf, readGguf, u32, type TensorToWrite } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthesize, synthShapes, withMtpBlock } from '@rondo/synth';
import { formatOf, type Backend } from '@rondo/tensor';
import type { LoadOptions } from '../../src/engine/load-options.ts';
import { loadModel } from '../../src/load-model.ts';
import { edited } from './demo.ts';

/** The tested architectures. */
export const mtpNames = ['qwen35', 'qwen35moe'] as const;
/** Width and vocabulary of the tiny models. */
export const [WIDTH, VOCABULARY] = [128, 384];
const EPSILON = 1e-5;
/** The MTP block comes after four layers. */
const BLOCK = 'blk.4.';

/** The tiny model of an architecture, with an MTP block. F32 makes calculations comparable. */
export const mtpFile = (
  name: (typeof mtpNames)[number],
  dtype: 'F32' | 'Q8_0' = 'Q8_0',
): Promise<Uint8Array> => encodeGguf(synthesize(withMtpBlock(synthShapes[`tiny-${name}`]), { dtype }));

/** A prompt of the tiny models, which repeats itself. */
export const mtpPrompt = [1, ...Array.from({ length: 29 }, (_, index) => 260 + ((index * 37) % 120))];

/** Loads a file with its MTP block, in a small context. */
export const loadMtp = (file: Uint8Array, options: LoadOptions = {}) =>
  loadModel(memory(file), { context: 96, mtp: true, onWarning: () => {}, ...options });

/** A tensor of these values. */
export const f32Tensor = (name: string, shape: readonly number[], values: Float32Array): TensorToWrite => ({
  name,
  shape,
  dtype: 'F32',
  data: new Uint8Array(values.buffer),
});

/** `output.weight` whose logits are the values of the normalized activation, followed by zeros. */
function identity(): TensorToWrite {
  const values = new Float32Array(VOCABULARY * WIDTH);
  for (let i = 0; i < WIDTH; i++) values[i * WIDTH + i] = 1;
  return f32Tensor('output.weight', [VOCABULARY, WIDTH], values);
}

/** The values of a tensor of a file. */
async function valuesOf(file: Uint8Array, name: string): Promise<Float32Array> {
  const { tensors } = await readGguf(memory(file));
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`There is no tensor ${name}.`);
  const values = new Float32Array(tensor.shape.reduce((product, size) => product * size, 1));
  formatOf(tensor.dtype).dequantize(file.subarray(tensor.offset, tensor.offset + tensor.bytes), values);
  return values;
}

/** The RMS norm in double precision. */
function normal(row: readonly number[], weight: Float32Array): number[] {
  const squares = row.reduce((sum, value) => sum + value * value, 0);
  const root = Math.sqrt(squares / row.length + EPSILON);
  return row.map((value, index) => (value / root) * (weight[index] ?? 0));
}

/** The rows that a model without MTP gives after each token of a text. */
async function rowsAfter(file: Uint8Array, backend: Backend, ids: readonly number[]): Promise<number[][]> {
  await using model = await loadModel(memory(file), { context: 96, backend, onWarning: () => {} });
  const rows: number[][] = [];
  await model.eachLogits(ids, 0, (logits) => rows.push([...logits]));
  return rows;
}

/** What the MTP block of a file predicts, calculated without the code for MTP blocks. */
export async function mtpCalculation(file: Uint8Array, backend: Backend) {
  const ofBlock = (name: string) => valuesOf(file, `${BLOCK}nextn.${name}.weight`);
  const embedding = await valuesOf(file, 'token_embd.weight');
  const embeddingNorm = await ofBlock('enorm');
  const hiddenNorm = await ofBlock('hnorm');
  const projection = await ofBlock('eh_proj');
  const headNorm = await ofBlock('shared_head_norm');
  const identityFile = await edited((_, tensors) => tensors.set('output.weight', identity()), file);

  /** The input of the block: the projection of a pair. */
  function input(id: number, hidden: readonly number[]): number[] {
    const own = [...embedding.subarray(id * WIDTH, (id + 1) * WIDTH)];
    const pair = [...normal(own, embeddingNorm), ...normal(hidden, hiddenNorm)];
    return Array.from({ length: WIDTH }, (_, row) =>
      pair.reduce((sum, value, column) => sum + value * (projection[row * 2 * WIDTH + column] ?? 0), 0),
    );
  }

  /** A model of the block alone, whose token number `i` is the pair number `i`. */
  const plainFile = (inputs: readonly number[][], output?: TensorToWrite) =>
    edited((metadata, tensors) => {
      const { value } = metadata.get('general.architecture') ?? {};
      const key = (name: string) => `${String(value)}.${name}`;
      metadata.set(key('block_count'), u32(1));
      metadata.set(key('full_attention_interval'), u32(1));
      metadata.delete(key('nextn_predict_layers'));
      const before = [...tensors.entries()];
      for (const [name, tensor] of before) {
        if (!name.startsWith('blk.')) continue;
        tensors.delete(name);
        const rest = name.slice(BLOCK.length);
        if (name.startsWith(BLOCK) && !rest.startsWith('nextn.'))
          tensors.set(`blk.0.${rest}`, { ...tensor, name: `blk.0.${rest}` });
      }
      const rows = new Float32Array(VOCABULARY * WIDTH);
      rows.set(inputs.flat());
      tensors.set('token_embd.weight', f32Tensor('token_embd.weight', [VOCABULARY, WIDTH], rows));
      tensors.set('output_norm.weight', f32Tensor('output_norm.weight', [WIDTH], headNorm));
      if (output) tensors.set('output.weight', output);
    }, file);

  return {
    /** The hidden row after each token of a text. */
    async hiddenRows(ids: readonly number[]) {
      const rows = await rowsAfter(identityFile, backend, ids);
      return rows.map((row) => row.slice(0, WIDTH));
    },
    /** The token that the block predicts after each pair, and its hidden row. */
    async predictions(ids: readonly number[], hidden: readonly number[][]) {
      const inputs = ids.map((id, index) => input(id, hidden[index] ?? []));
      const pairs = [...ids.keys()];
      const logits = await rowsAfter(await plainFile(inputs), backend, pairs);
      const rows = await rowsAfter(await plainFile(inputs, identity()), backend, pairs);
      return logits.map((row, index) => ({
        id: row.indexOf(Math.max(...row)),
        hidden: rows[index]?.slice(0, WIDTH) ?? [],
      }));
    },
  };
}
