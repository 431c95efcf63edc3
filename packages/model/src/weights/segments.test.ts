// How weights with experts are cut.
import { encodeGguf, readGguf } from '@rondo/gguf';
import { synthesize, synthShapes } from '@rondo/synth';
import { memory } from '@rondo/source';
import { isWeightRef, type ByteRange } from '@rondo/tensor';
import { expect, it } from 'vitest';
import { bytesAtOnce, segmentsOf, segmentsOfStage } from './segments.ts';
import { mixtral } from '../../test/support/architectures.ts';

const slotBytes = (ranges: readonly ByteRange[]) => ranges.reduce((sum, { bytes }) => sum + bytes, 0);

async function cut(segmentBytes: number, expertWidth = 256) {
  const experts = { count: 8, used: 2, feedForwardWidth: expertWidth };
  const model = synthesize({ ...synthShapes['tiny-experts'], experts }, { dtype: 'Q4_0' });
  const gguf = await readGguf(memory(await encodeGguf(model)));
  const segmentation = segmentsOf(gguf, mixtral, mixtral.readConfig(gguf), { segmentBytes, slotBytes });
  return { gguf, ...segmentation };
}

it.each([Infinity, 1 << 20, 1 << 15])(
  'each expert has its slices of the stacks, cut at %i bytes',
  async (bytes) => {
    const { gguf, stages, segments } = await cut(bytes);
    for (const [layer, stage] of stages.slice(0, 3).entries()) {
      for (const [role, name] of [
        ['gate', 'ffn_gate_exps'],
        ['down', 'ffn_down_exps'],
      ] as const) {
        const stack = gguf.tensors.get(`blk.${layer}.${name}.weight`);
        const offsets = stage.experts.map((expert) => {
          const whole = expert.weights[role];
          const first = whole?.parts?.[0] ?? whole;
          return first && isWeightRef(first) && segments[first.segment]?.weights.includes(first)
            ? first.offset
            : undefined;
        });
        const each = (stack?.bytes ?? 0) / 8;
        expect(offsets).toEqual(offsets.map((_, expert) => (stack?.offset ?? 0) + expert * each));
      }
    }
    const all = stages.flatMap(segmentsOfStage);
    expect(all).toEqual([...segments.keys()]);
  },
);

it('segments are no larger than experts, since larger segments would be mostly empty', async () => {
  const { segments } = await cut(1 << 22, 32);
  const taken = segments.reduce((sum, { bytes }) => sum + bytes, 0);
  const needed = segments.reduce((sum, { ranges }) => sum + slotBytes(ranges), 0);
  expect(taken / needed).toBeLessThan(1.3);
});

it('the weights that a pass needs at once may be an expert', async () => {
  const segmentation = await cut(Infinity);
  const sizes = segmentation.segments.map(({ tokenShare }) => (tokenShare < 1 ? 1000 : 1));
  expect(bytesAtOnce(segmentation, sizes)).toBe(1000);
});
