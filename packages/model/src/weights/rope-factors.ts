// The divisors of rotary frequencies that files of Llama 3.1 and later have as a tensor.
import { type ModelConfig, ROPE_FACTORS } from '@rondo/architectures';
import { RondoError } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import type { ByteSource, ReadOptions } from '@rondo/source';
import { findTensor, formatOfTensor } from './find-tensor.ts';

/**
 * The configuration with the divisors of the file, where it has any.
 *
 * @throws RondoError `BAD_TENSOR_SHAPE`, `BAD_CONFIG` for divisors that are no positive numbers; what reading throws
 */
export async function withRopeFactors(
  config: ModelConfig,
  gguf: Gguf,
  source: ByteSource,
  options: ReadOptions,
): Promise<ModelConfig> {
  if (!gguf.tensors.has(ROPE_FACTORS)) return config;
  const tensor = findTensor(gguf, ROPE_FACTORS, [config.rope.dimensions / 2]);
  const format = formatOfTensor(tensor);
  const blocks = new Uint8Array(tensor.bytes);
  await source.readInto(blocks, tensor.offset, options);
  const factors = new Float32Array(config.rope.dimensions / 2);
  format.dequantize(blocks, factors);
  const bad = factors.find((factor) => !(factor > 0 && factor < Number.POSITIVE_INFINITY));
  if (bad !== undefined) {
    throw new RondoError(
      'BAD_CONFIG',
      `The tensor ${ROPE_FACTORS} has the value ${bad}; all must be positive numbers.`,
      {
        details: { tensor: ROPE_FACTORS, found: bad },
      },
    );
  }
  return { ...config, rope: { ...config.rope, factors } };
}
