// The metadata of a shape: all metadata that llama.cpp and Rondo read from a model, without the vocabulary.
import { f32, string, u32, type MetadataValue } from '@rondo/gguf';
import { fileTypeOf } from '@rondo/quantize';
import type { DType } from '@rondo/tensor';
import type { SynthShape } from './shape.ts';

/** The metadata entries of a model of this shape, in the order of the file. Most weights have the type `dtype`. */
export function modelMetadata(shape: SynthShape, name: string, dtype: DType): Map<string, MetadataValue> {
  const fileType = fileTypeOf(dtype);
  const entries = new Map([
    ['general.architecture', string(shape.architecture)],
    ['general.type', string('model')],
    ['general.name', string(name)],
    ['general.quantization_version', u32(2)],
  ]);
  if (fileType !== undefined) entries.set('general.file_type', u32(fileType));
  for (const [key, value] of Object.entries({ ...numbers(shape), ...shape.keys }))
    entries.set(`${shape.architecture}.${key}`, value);
  return entries;
}

/** Keys without the architecture's name. */
function numbers(shape: SynthShape): Record<string, MetadataValue> {
  const { experts, norm = 'rms', ropeBase, ropeDimensions = shape.headSize } = shape;
  return {
    block_count: u32(shape.layers),
    context_length: u32(shape.contextLength),
    embedding_length: u32(shape.width),
    feed_forward_length: u32(shape.feedForwardWidth),
    'attention.head_count': u32(shape.heads),
    'attention.head_count_kv': u32(shape.kvHeads),
    'attention.key_length': u32(shape.headSize),
    'attention.value_length': u32(shape.headSize),
    [`attention.layer_norm_${norm === 'rms' ? 'rms_' : ''}epsilon`]: f32(shape.epsilon),
    ...(ropeBase !== undefined && {
      'rope.dimension_count': u32(ropeDimensions),
      'rope.freq_base': f32(ropeBase),
    }),
    vocab_size: u32(shape.vocabularySize),
    ...(experts && {
      expert_count: u32(experts.count),
      expert_used_count: u32(experts.used),
      expert_feed_forward_length: u32(experts.feedForwardWidth),
    }),
  };
}
