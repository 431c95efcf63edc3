// Reads a GGUF file's header from a source. Tensor data is not read, except for bytes that read-ahead happens to touch.
import { RondoError, shownName } from '@rondo/errors';
import type { ByteSource, ReadOptions } from '@rondo/source';
import { headerReader } from './header-reader.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { maxDecodedBytes, maxMetadataEntries, maxTensors } from './limits.ts';
import { checkMagic, magicProbeBytes, readVersion } from './magic.ts';
import { alignmentOf, minimumEntryBytes, readMetadataEntry } from './read-metadata.ts';
import { minimumTensorBytes, placeTensors, readTensorInfo, type RawTensorInfo } from './read-tensors.ts';
import type { Gguf, MetadataValue } from './types.ts';

/**
 * Reads and checks the header of a GGUF file, version 2 or 3, little-endian. The source stays open.
 *
 * @throws RondoError `TRUNCATED`, `BAD_MAGIC`, `UNSUPPORTED_VERSION`, `LIMIT`, `BAD_KEY`, `BAD_TYPE`, `BAD_ALIGNMENT`,
 * `BAD_SHAPE`, `BAD_NAME` or `BAD_OFFSET`, with the offending part; any error of the source; the signal's reason
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function readGguf(source: ByteSource, options: ReadOptions = {}): Promise<Gguf> {
  return readHeader(source, options, createLedger(maxDecodedBytes));
}

/** As `readGguf`, charging `ledger`, which several files can share. */
export async function readHeader(source: ByteSource, options: ReadOptions, ledger: Ledger): Promise<Gguf> {
  options.signal?.throwIfAborted();
  const reader = headerReader(source, options, ledger);
  const { version, tensorCount, metadataCount } = await reader.parse((cursor) => {
    checkMagic(cursor.peek(magicProbeBytes));
    cursor.take(4, 'the magic');
    const version = readVersion(cursor);
    const tensors = cursor.u64('the number of tensors');
    const entries = cursor.u64('the number of metadata entries');
    return {
      version,
      metadataCount: cursor.checkedCount(entries, minimumEntryBytes, maxMetadataEntries, 'metadata entries'),
      tensorCount: cursor.checkedCount(tensors, minimumTensorBytes, maxTensors, 'tensors'),
    };
  });

  const metadata = new Map<string, MetadataValue>();
  for (let i = 0; i < metadataCount; i++) {
    const { key, value } = await reader.parse(readMetadataEntry);
    if (metadata.has(key)) {
      throw new RondoError(
        'BAD_KEY',
        `The metadata key "${shownName(key)}" is there twice. Convert the model again.`,
        {
          details: { key },
        },
      );
    }
    metadata.set(key, value);
  }
  const alignment = alignmentOf(metadata);

  const infos: RawTensorInfo[] = [];
  for (let i = 0; i < tensorCount; i++) infos.push(await reader.parse(readTensorInfo));
  const headerBytes = await reader.parse((cursor) => cursor.position);
  const dataOffset = Math.ceil(headerBytes / alignment) * alignment;
  const tensors = placeTensors(infos, dataOffset, alignment, source.size);
  return { version, metadata, tensors, alignment, dataOffset, sizeBytes: source.size };
}
