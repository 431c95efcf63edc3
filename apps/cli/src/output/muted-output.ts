// A terminal whose output can be muted, so that line editing does not echo into a streaming answer.
import { Writable } from 'node:stream';
import type { Io } from '../io.ts';

/** A stream in front of a terminal. */
export interface MutedOutput {
  readonly stream: Writable;
  muted: boolean;
}

/** Passes everything on to `terminal` until `muted`. */
export function mutedOutput(terminal: Io['stdout']): MutedOutput {
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, _encoding, done) {
      if (!result.muted) terminal.write(chunk);
      done();
    },
  });
  // Line editing asks for the width of the terminal, and must be told when the width changes.
  Object.defineProperty(stream, 'columns', { get: () => terminal.columns });
  const onResize = () => stream.emit('resize');
  terminal.on('resize', onResize);
  stream.once('close', () => terminal.off('resize', onResize));
  const result: MutedOutput = { stream, muted: false };
  return result;
}
