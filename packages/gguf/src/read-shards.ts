// Split models: several GGUF files that together are one model, as llama.cpp's `gguf-split` writes them.
import { quoted, RondoError } from '@rondo/errors';
import { shards, type ByteSource, type ReadOptions } from '@rondo/source';
import { findInteger, findString } from './accessors.ts';
import { createLedger } from './ledger.ts';
import { maxDecodedBytes } from './limits.ts';
import { readHeader } from './read.ts';
import type { Gguf, TensorInfo } from './types.ts';

/** A split model as one model. */
export interface JoinedGguf {
  /** The metadata of the first file without `split.*`, and the tensors of all files; offsets are offsets in `source`. */
  readonly gguf: Gguf;
  /** All files as one source. Closing this source closes the files. */
  readonly source: ByteSource;
}

/**
 * Reads the headers of all files of a split model, given in their order. A single source that is not split is read as by
 * `readGguf`.
 *
 * @throws RondoError `SHARD_MISMATCH` if a file is missing, out of order or of another model, or if the number of files
 * or tensors differs from the stated number; any error of `readGguf`
 * @see https://github.com/ggml-org/llama.cpp/tree/master/tools/gguf-split
 */
export async function readShards(
  sources: readonly ByteSource[],
  options: ReadOptions = {},
): Promise<JoinedGguf> {
  const files: Gguf[] = [];
  const ledger = createLedger(maxDecodedBytes);
  for (const source of sources) files.push(await readHeader(source, options, ledger));
  const [first] = files;
  const [only] = sources;
  if (!first || !only) throw new RondoError('BAD_ARGUMENT', 'readShards() takes at least one source.');
  if (files.length === 1) await checkNotConcatenated(first, only, options);
  for (const [index, file] of files.entries()) checkShard(file, index, files.length, first);
  if (files.length === 1) return { gguf: first, source: only };

  const source = shards(sources, { startMultiple: 'alignment' });
  const tensors = new Map<string, TensorInfo>();
  for (const [index, file] of files.entries()) {
    const start = source.starts[index] ?? 0;
    for (const tensor of file.tensors.values()) {
      if (tensors.has(tensor.name)) {
        throw mismatch(`The tensor ${tensor.name} is in two of them`, {
          tensor: tensor.name,
          shard: index + 1,
        });
      }
      tensors.set(tensor.name, { ...tensor, offset: start + tensor.offset });
    }
  }
  const promised = findInteger(first, 'split.tensors.count') ?? tensors.size;
  if (promised !== tensors.size) {
    throw mismatch(`${promised} tensors are promised, but ${tensors.size} are there`, {
      promised,
      found: tensors.size,
    });
  }
  // Keys that describe the splitting do not belong to the whole model.
  const metadata = new Map([...first.metadata].filter(([key]) => !key.startsWith('split.')));
  return { gguf: { ...first, metadata, tensors, sizeBytes: source.size }, source };
}

/**
 * Checks whether the files of a split model were concatenated into one file: each file has its own header, which begins
 * where the aligned data of the previous file ends.
 *
 * @throws RondoError `SHARD_MISMATCH`
 */
async function checkNotConcatenated(file: Gguf, source: ByteSource, options: ReadOptions): Promise<void> {
  if (countOf(file) === 1) return;
  let end = file.dataOffset;
  for (const { offset, bytes } of file.tensors.values()) end = Math.max(end, offset + bytes);
  const next = Math.ceil(end / file.alignment) * file.alignment;
  const magic = new Uint8Array(4);
  if (next + magic.length > source.size) return;
  await source.readInto(magic, next, options);
  if (String.fromCharCode(magic[0], magic[1], magic[2], magic[3]) !== 'GGUF') return;
  throw new RondoError(
    'SHARD_MISMATCH',
    `The file is several files of a split model, one behind the other (another begins at byte ${next}): joining them so makes no model. Give the files as they were, -00001-of-… and so on, or join them with llama-gguf-split --merge.`,
    { details: { offset: next, count: countOf(file) } },
  );
}

/** The number of files that a file of the model states; 1 if the model is not split. */
function countOf(file: Gguf): number {
  return findInteger(file, 'split.count') ?? 1;
}

function checkShard(file: Gguf, index: number, files: number, first: Gguf): void {
  const shard = index + 1;
  const count = countOf(file);
  const number = (findInteger(file, 'split.no') ?? 0) + 1;
  if (count !== files) {
    throw mismatch(
      count > 1 && files === 1
        ? `The file is number ${number} of ${count}`
        : `File ${shard} says that it is one of ${count}, but there are ${files}`,
      { shard, count, files },
    );
  }
  if (number !== shard) throw mismatch(`File ${shard} says that it is number ${number}`, { shard, number });
  for (const key of ['general.architecture', 'general.name']) {
    const [expected, found] = [findString(first, key), findString(file, key)];
    if (found !== undefined && found !== expected)
      throw mismatch(`File ${shard} is of ${quoted(found)}, the first one of ${quoted(String(expected))}`, {
        shard,
        key,
      });
  }
  const [promised, tensors] = [first, file].map((one) => findInteger(one, 'split.tensors.count'));
  if (promised !== tensors) {
    throw mismatch(
      `File ${shard} says that the model has ${String(tensors)} tensors, the first one ${String(promised)}`,
      { shard, promised, tensors },
    );
  }
}

function mismatch(what: string, details: Record<string, unknown>): RondoError {
  return new RondoError(
    'SHARD_MISMATCH',
    `The files of this split model do not go together: ${what}. Give all of them, -00001-of-… and so on, from one download.`,
    { details },
  );
}
