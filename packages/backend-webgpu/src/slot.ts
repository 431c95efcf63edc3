// A slot: room on the device for the raw bytes of one segment. A slot that exceeds the device's binding limit has several
// buffers.
import { RondoError } from '@rondo/errors';
import { elements, rowBytes, slotLayout, type ByteRange, type Slot, type SlotRead } from '@rondo/tensor';
import type { GpuWeight, WeightPiece } from './gpu-tensors.ts';
import type { GpuBuffer } from './memory.ts';
import type { Session } from './session.ts';
import type { Staging } from './staging.ts';

/** Bytes by which buffers overlap, so that each row lies whole in one buffer. */
const OVERLAP_BYTES = 1 << 20;
/** Extra bytes of each buffer, since kernels read some words beyond the end of a row. */
const MARGIN_BYTES = 64;

/** The buffers of a slot: buffer i holds `bytes[i]` bytes of the slot, from byte i * step on. */
interface Spread {
  readonly step: number;
  readonly overlap: number;
  readonly bytes: readonly number[];
}

function spread(total: number, bufferBytes: number): Spread {
  const most = bufferBytes - MARGIN_BYTES;
  if (total <= most) return { step: total, overlap: 0, bytes: [total] };
  const overlap = Math.floor(Math.min(OVERLAP_BYTES, most / 4) / 256) * 256;
  const step = Math.floor((most - overlap) / 256) * 256;
  const count = Math.ceil((total - overlap) / step);
  return {
    step,
    overlap,
    bytes: Array.from({ length: count }, (_, i) => Math.min(step + overlap, total - i * step)),
  };
}

/** The layout of a slot. The alignment is at least a word, since writes to buffers begin and end at words. */
const layoutOf = (ranges: readonly ByteRange[], alignment: number) =>
  slotLayout(ranges, alignment % 4 === 0 ? alignment : alignment * 4);

/** Bytes that a slot for these ranges takes. */
export function slotBytes(ranges: readonly ByteRange[], alignment: number, bufferBytes: number): number {
  const { bytes } = spread(layoutOf(ranges, alignment).bytes, bufferBytes);
  return bytes.reduce((sum, one) => sum + one + MARGIN_BYTES, 0);
}

/** Allocates a slot; see `Backend.slot`. */
export function createSlot(
  session: Session,
  staging: Staging,
  ranges: readonly ByteRange[],
  alignment: number,
): Slot {
  const layout = layoutOf(ranges, alignment);
  const { step, overlap, bytes } = spread(layout.bytes, session.traits.bufferBytes);
  const buffers: GpuBuffer[] = [];
  try {
    for (const one of bytes) buffers.push(session.memory.allocateReusable(one + MARGIN_BYTES));
  } catch (error) {
    for (const buffer of buffers) buffer.free();
    throw error;
  }

  /** The parts of `length` bytes from `slotOffset` on, by target buffer. Bytes in an overlap go to two buffers. */
  function targets(slotOffset: number, length: number) {
    return buffers.flatMap(({ buffer }, i) => {
      const start = Math.max(slotOffset, i * step);
      const end = Math.min(slotOffset + length, i * step + (bytes[i] ?? 0));
      if (start >= end) return [];
      // Rounded up to words: at the end of a file, the padding of the slot gets arbitrary content of the staging memory.
      const size = Math.ceil((end - start) / 4) * 4;
      return [{ buffer, offset: start - i * step, from: start - slotOffset, size }];
    });
  }

  /** Lets the device copy the kept bytes from host memory. */
  function fetch(kept: GPUBuffer, { slotOffset, bytes: length }: SlotRead): void {
    const commands = session.device.createCommandEncoder();
    for (const { buffer, offset, from, size } of targets(slotOffset, length))
      commands.copyBufferToBuffer(kept, from, buffer, offset, size);
    session.device.queue.submit([commands.finish()]);
  }

  function upload(data: Uint8Array<ArrayBuffer>, { slotOffset, bytes: length }: SlotRead): void {
    for (const { buffer, offset, from, size } of targets(slotOffset, length))
      session.device.queue.writeBuffer(buffer, offset, data, from, size);
  }

  /** The rows of a weight by the buffer that holds them. */
  function piecesOf(start: number, stride: number, rows: number): WeightPiece[] {
    const pieces: { buffer: GpuBuffer; offsetBytes: number; firstRow: number; rows: number }[] = [];
    for (const [i, buffer] of buffers.entries()) {
      const from = i * step;
      const to = from + (bytes[i] ?? 0);
      const firstRow = pieces.reduce((sum, piece) => sum + piece.rows, 0);
      const offsetBytes = start + firstRow * stride - from;
      const fitting = Math.min(rows - firstRow, Math.floor((to - from - offsetBytes) / stride));
      if (offsetBytes >= 0 && fitting > 0) pieces.push({ buffer, offsetBytes, firstRow, rows: fitting });
    }
    return pieces;
  }

  return {
    bytes: bytes.reduce((sum, one) => sum + one + MARGIN_BYTES, 0),
    fill: (source, { signal } = {}) =>
      layout.fill(
        source,
        async (read, signal) => {
          await session.run(() => Promise.all(buffers.map((buffer) => buffer.granted())));
          const words = Math.ceil(read.bytes / 4) * 4;
          const { hostTier } = session;
          const kept = hostTier.find(source, read.offset, words);
          if (kept) {
            signal.throwIfAborted();
            return session.run(() => {
              fetch(kept, read);
              return session.finished();
            });
          }
          await staging.use(words, async (memory) => {
            signal.throwIfAborted();
            await source.readInto(memory.subarray(0, read.bytes), read.offset, { signal });
            await session.run(() => {
              const keptNow = hostTier.keep(source, read.offset, memory);
              if (keptNow) fetch(keptNow, read);
              else upload(memory, read);
              // The platform holds a copy until the upload is done, so the staging memory stays in use until then.
              return session.finished();
            });
          });
        },
        { signal: signal ? AbortSignal.any([signal, session.signal]) : session.signal },
      ),
    weight(dtype, shape, offset): GpuWeight {
      const width = shape.at(-1) ?? 1;
      const rows = elements(shape) / width;
      const stride = rowBytes(dtype, width);
      const pieces = piecesOf(layout.find(dtype, shape, offset), stride, rows);
      if (pieces.reduce((sum, piece) => sum + piece.rows, 0) === rows)
        return { dtype, shape, buffers: pieces };
      throw new RondoError(
        'UNSUPPORTED',
        `A row of ${width} values in ${dtype} takes ${stride} bytes; where the device binds ${session.traits.bufferBytes} bytes at once, rows of up to ${overlap} can be used.`,
        { details: { dtype, shape, bufferBytes: session.traits.bufferBytes } },
      );
    },
    free() {
      for (const buffer of buffers) buffer.free();
    },
  };
}
