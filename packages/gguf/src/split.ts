// Cuts a model to be written into several files, as llama.cpp's `gguf-split` does.
import { RondoError, shownValue } from '@rondo/errors';
import type { MetadataValue } from './types.ts';
import type { GgufToWrite } from './write.ts';

/**
 * Splits `model` into `count` models to be written, whose files together are `model`. The first file has the metadata,
 * and all files have about the same number of tensors. `readShards` joins the files. The names of the files must end as
 * in `-00001-of-00003.gguf`.
 *
 * @throws RondoError `BAD_ARGUMENT` unless the count is a whole number from 1 to 65,535
 */
export function splitGguf(model: GgufToWrite, count: number): GgufToWrite[] {
  if (!(Number.isInteger(count) && count >= 1 && count <= 65_535)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `A model can be split into 1 to 65,535 files, not ${shownValue(count)}.`,
      {
        details: { count },
      },
    );
  }
  const { tensors } = model;
  const perFile = Math.ceil(tensors.length / count);
  return Array.from({ length: count }, (_, number) => {
    const split: [string, MetadataValue][] = [
      ['split.no', { type: 'u16', value: number }],
      ['split.count', { type: 'u16', value: count }],
      ['split.tensors.count', { type: 'i32', value: tensors.length }],
    ];
    return {
      ...model,
      metadata: number === 0 ? [...model.metadata, ...split] : split,
      tensors: tensors.slice(number * perFile, (number + 1) * perFile),
    };
  });
}
