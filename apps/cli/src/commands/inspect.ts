// `rondo inspect`: the metadata and tensors of a file. Reads only the header.
import { formatBytes } from '@rondo/model';
import { shownName } from '@rondo/errors';
import type { Gguf } from '@rondo/gguf';
import type { Io } from '../io.ts';
import { openHeader } from '../open-header.ts';
import type { inspectOptions, ValuesOf } from '../options.ts';
import { metadataJson, metadataText } from '../output/metadata.ts';
import { count, counted } from '../output/numbers.ts';
import { jsonLine, oneLine } from '../output/printable.ts';
import { columns } from '../output/columns.ts';

interface Total {
  readonly dtype: string;
  readonly tensors: number;
  readonly elements: number;
  readonly bytes: number;
}

/** @throws UsageError, RondoError, the signal's reason */
export async function inspect(name: string, options: ValuesOf<typeof inspectOptions>, io: Io): Promise<void> {
  const gguf = await openHeader(name, io);
  io.stdout.write(options.json ? jsonLine(asJson(gguf)) : asText(name, gguf));
}

function asJson(gguf: Gguf): unknown {
  const { version, sizeBytes, alignment, dataOffset, metadata, tensors } = gguf;
  return {
    version,
    sizeBytes,
    alignment,
    dataOffsetBytes: dataOffset,
    metadata: Object.fromEntries([...metadata].map(([key, value]) => [key, metadataJson(value)])),
    tensors: [...tensors.values()].map(({ name, dtype, shape, offset, bytes }) => ({
      name,
      dtype,
      shape,
      offsetBytes: offset,
      bytes,
    })),
    totals: totalsOf(gguf),
  };
}

function asText(name: string, gguf: Gguf): string {
  const totals = totalsOf(gguf);
  const all = totals.reduce(
    (sum, { tensors, elements, bytes }) => ({
      tensors: sum.tensors + tensors,
      elements: sum.elements + elements,
      bytes: sum.bytes + bytes,
    }),
    { tensors: 0, elements: 0, bytes: 0 },
  );
  const totalRow = (dtype: string, { tensors, elements, bytes }: Omit<Total, 'dtype'>) => [
    dtype,
    counted(tensors, 'tensor'),
    counted(elements, 'value'),
    formatBytes(bytes),
  ];
  const lines = [
    `${name}: GGUF version ${gguf.version}, ${formatBytes(gguf.sizeBytes)}, aligned to ${counted(gguf.alignment, 'byte')}`,
    '',
    `Metadata (${count(gguf.metadata.size)})`,
    ...columns([...gguf.metadata].map(([key, value]) => [shownName(key), metadataText(value)])),
    '',
    `Tensors (${count(gguf.tensors.size)}), shapes outermost dimension first`,
    ...columns(
      [...gguf.tensors.values()].map(({ name, dtype, shape, bytes }) => [
        name,
        dtype,
        `[${shape.join(', ')}]`,
        formatBytes(bytes),
      ]),
    ),
    '',
    'Total',
    ...columns([
      ...totals.map((total) => totalRow(total.dtype, total)),
      ...(totals.length > 1 ? [totalRow('all', all)] : []),
    ]),
  ];
  return lines.map(oneLine).join('');
}

/** Totals by data type, the type with the most bytes first. */
function totalsOf({ tensors }: Gguf): Total[] {
  const totals = new Map<string, Total>();
  for (const { dtype, shape, bytes } of tensors.values()) {
    const sum = totals.get(dtype) ?? { dtype, tensors: 0, elements: 0, bytes: 0 };
    totals.set(dtype, {
      dtype,
      tensors: sum.tensors + 1,
      elements: sum.elements + shape.reduce((product, size) => product * size, 1),
      bytes: sum.bytes + bytes,
    });
  }
  return [...totals.values()].sort((a, b) => b.bytes - a.bytes);
}
