// gpt-oss: attention sinks, and biases of experts, each read with its expert.
import { encodeGguf, type TensorToWrite } from '@rondo/gguf';
import { memory } from '@rondo/source';
import { synthesize, synthShapes } from '@rondo/synth';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import { edited } from './support/demo.ts';

const shape = synthShapes['tiny-gpt-oss'];
const prompt = [1, ...Array.from({ length: 40 }, (_, index) => 260 + ((index * 37) % 120))];
const SINKS = 'blk.1.attn_sinks.weight';

let bytes = new Uint8Array();
beforeAll(async () => {
  bytes = Uint8Array.from(await encodeGguf(synthesize(shape, { dtype: 'Q8_0' })));
});

/** The file with a changed tensor; without the tensor, if `change` gives nothing. */
const changed = (
  name: string,
  change: (tensor: TensorToWrite, data: Uint8Array<ArrayBuffer>) => Partial<TensorToWrite> | undefined,
) =>
  edited((_, tensors) => {
    const tensor = tensors.get(name);
    if (!(tensor?.data instanceof Uint8Array)) throw new Error(`The model has no tensor ${name}.`);
    const now = change(tensor, Uint8Array.from(tensor.data));
    if (now) tensors.set(name, { ...tensor, ...now });
    else tensors.delete(name);
  }, bytes);

async function logitsOf(file: Uint8Array): Promise<number[]> {
  await using model = await loadModel(memory(file), { context: 64 });
  const logits: number[] = [];
  await model.eachLogits(prompt, prompt.length - 1, (row) => logits.push(...row));
  return logits;
}

const refusalOf = async (file: Promise<Uint8Array>): Promise<unknown> =>
  loadModel(memory(await file), { context: 64 }).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('gpt-oss', () => {
  it.each([
    SINKS,
    'blk.0.attn_output.bias',
    'blk.2.ffn_gate_inp.bias',
    'blk.0.ffn_gate_exps.bias',
    'blk.3.ffn_up_exps.bias',
    'blk.1.ffn_down_exps.bias',
    'blk.0.post_attention_norm.weight',
  ])('a file without %s is refused by the tensor', async (name) => {
    const error = await refusalOf(changed(name, () => undefined));
    expect(error).toMatchObject({ code: 'MISSING_TENSOR', message: expect.stringContaining(name) });
  });

  it.each([
    [SINKS, [3], 12],
    ['blk.0.ffn_down_exps.bias', [7, 128], 7 * 128 * 4],
    ['blk.2.ffn_up_exps.bias', [128, 8], 8 * 128 * 4],
    ['blk.1.ffn_gate_inp.bias', [4], 16],
  ])('%s of the shape %j is refused by the tensor', async (name, other, length) => {
    const error = await refusalOf(
      changed(name, (_, data) => ({ shape: other, data: data.slice(0, length) })),
    );
    expect(error).toMatchObject({ code: 'BAD_TENSOR_SHAPE', message: expect.stringContaining(name) });
  });

  it.each([SINKS, 'blk.2.ffn_up_exps.bias'])('%s of half floats is refused by the tensor', async (name) => {
    const error = await refusalOf(
      changed(name, (_, data) => ({ dtype: 'F16', data: data.slice(0, data.length / 2) })),
    );
    expect(error).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining(name) });
  });

  it('sinks in a model whose attention has no sinks are refused as a tensor that is not used', async () => {
    const other = Uint8Array.from(
      await encodeGguf(synthesize(synthShapes['tiny-qwen3moe'], { dtype: 'Q8_0' })),
    );
    const file = edited((_, tensors) => {
      tensors.set(SINKS, { name: SINKS, dtype: 'F32', shape: [4], data: new Uint8Array(16) });
    }, other);
    expect(await refusalOf(file)).toMatchObject({
      code: 'UNUSED_TENSOR',
      message: expect.stringContaining(SINKS),
    });
  });

  it('a sink below all scores is no sink, and a sink changes the logits', async () => {
    const withSinks = (value: number) =>
      changed(SINKS, () => ({ data: new Uint8Array(new Float32Array(4).fill(value).buffer) }));
    const [without, lower, higher] = [
      await logitsOf(await withSinks(-1e4)),
      await logitsOf(await withSinks(-2e4)),
      await logitsOf(await withSinks(3)),
    ];
    expect(lower).toEqual(without);
    expect(higher).not.toEqual(without);
  });

  it.each(['ffn_gate_exps', 'ffn_up_exps', 'ffn_down_exps'])(
    'the biases of %s count for the experts that tokens chose, one row each',
    async (name) => {
      // The tokens of the prompt together use every expert of the layer, so each row has an effect on the logits.
      const tensor = `blk.0.${name}.bias`;
      const expected = await logitsOf(bytes);
      for (const expert of [0, 7]) {
        const file = await changed(tensor, (_, data) => {
          const values = new Float32Array(data.buffer);
          const width = values.length / 8;
          values.fill(0.5, expert * width, (expert + 1) * width);
          return { data };
        });
        expect(await logitsOf(file), `expert ${expert}`).not.toEqual(expected);
      }
    },
  );
});
