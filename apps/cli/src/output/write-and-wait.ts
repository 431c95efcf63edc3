// Writes output of any length piece by piece, with the memory of one piece.
import type { Writable } from 'node:stream';

/** Writes a piece, and resolves when the stream has passed it on. @throws the error of the stream */
export function writeAndWait(stream: Writable, piece: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}
