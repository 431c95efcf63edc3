// Output of any length, in no more memory than a piece of it takes.
import type { Writable } from 'node:stream';

/** Writes a piece, and resolves when the stream has passed it on. @throws what the stream fails with */
export function writeAndWait(stream: Writable, piece: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}
