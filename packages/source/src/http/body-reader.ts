// Reads the bytes of a body, through reused memory if the platform supports that.

/** Reads the bytes of a body in order. */
export interface BodyReader {
  /**
   * Copies the next bytes to the beginning of `target`, and returns their number; 0 at the end of the body.
   *
   * @throws the error of the connection
   */
  readInto(target: Uint8Array): Promise<number>;
  /** Closes the body without reading the rest. */
  cancel(): Promise<void>;
}

/** Memory through which bodies are read. */
export interface ReadBuffers {
  /** A free buffer. */
  take(): ArrayBuffer;
  /** Returns a buffer. */
  give(buffer: ArrayBuffer): void;
}

/** Bytes of one buffer: about as many as a connection brings between two reads. */
const BUFFER_BYTES = 2 ** 18;

/** Makes a buffer if no buffer is free, so there are as many buffers as simultaneous reads. */
export function createReadBuffers(): ReadBuffers {
  const free: ArrayBuffer[] = [];
  return {
    take: () => free.pop() ?? new ArrayBuffer(BUFFER_BYTES),
    give: (buffer) => void free.push(buffer),
  };
}

/**
 * A reader of `body`. The reader locks the body.
 *
 * A body that is a byte stream (Streams Standard, 4.7) is read through `buffers`. In other bodies each chunk is its own
 * `ArrayBuffer`, and tens of megabytes of such chunks wait for the garbage collector.
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
      // The stream detached the buffer. It returns another buffer on the same memory, or no buffer after the body was
      // cancelled.
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
