// Takes the bytes of a body: through memory that is used again and again, where the platform can.

/** Takes the bytes of a body in their order. */
export interface BodyReader {
  /**
   * Copies the next bytes to the beginning of `target`, and gives how many; 0 at the end of the body.
   *
   * @throws what the connection failed with
   */
  readInto(target: Uint8Array): Promise<number>;
  /** Gives the body up, with what has not been taken. */
  cancel(): Promise<void>;
}

/** Memory that bodies are read through. */
export interface ReadBuffers {
  /** A buffer that nobody uses. */
  take(): ArrayBuffer;
  /** Gives a buffer back. */
  give(buffer: ArrayBuffer): void;
}

/** Bytes of one buffer: what a connection brings between two looks at it. */
const BUFFER_BYTES = 2 ** 18;

/** Buffers that are made when none is free: as many as there are reads at once. */
export function createReadBuffers(): ReadBuffers {
  const free: ArrayBuffer[] = [];
  return {
    take: () => free.pop() ?? new ArrayBuffer(BUFFER_BYTES),
    give: (buffer) => void free.push(buffer),
  };
}

/**
 * A reader of `body`, which is locked from then on.
 *
 * Bodies that are streams of bytes (Streams Standard, 4.7) are read through `buffers`. Each chunk of other bodies is an
 * `ArrayBuffer` of its own, and tens of megabytes of such chunks wait for the collector.
 */
export function bodyReader(body: ReadableStream<Uint8Array>, buffers: ReadBuffers): BodyReader {
  try {
    return throughBuffers(body.getReader({ mode: 'byob' }), buffers);
  } catch {
    return byChunks(body.getReader());
  }
}

function throughBuffers(reader: ReadableStreamBYOBReader, buffers: ReadBuffers): BodyReader {
  return {
    async readInto(target) {
      const buffer = buffers.take();
      const { value } = await reader.read(
        new Uint8Array(buffer, 0, Math.min(target.length, buffer.byteLength)),
      );
      // The stream detached the buffer, and gives another one on the same memory; none once the body has been given up.
      if (!value) return 0;
      target.set(value);
      buffers.give(value.buffer);
      return value.length;
    },
    cancel: () => reader.cancel(),
  };
}

function byChunks(reader: ReadableStreamDefaultReader<Uint8Array>): BodyReader {
  let left: Uint8Array = new Uint8Array(0);
  return {
    async readInto(target) {
      while (left.length === 0) {
        const { value } = await reader.read();
        if (!value) return 0;
        left = value;
      }
      const bytes = left.subarray(0, target.length);
      target.set(bytes);
      left = left.subarray(bytes.length);
      return bytes.length;
    },
    cancel: () => reader.cancel(),
  };
}
