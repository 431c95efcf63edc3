// Opens models by their address as the library does, and reports on stderr.
import { isRondoError, type RondoError } from '@rondo/errors';
import { checkIsNoText } from '@rondo/gguf';
import { modelAddress, openRemote, type ByteSource, type ModelAddress } from '@rondo/source';
import type { Io } from './io.ts';
import { oneLine } from './output/printable.ts';
import { UsageError } from './usage-error.ts';

/** The address of a model. @throws UsageError for a name that is no address, and for invalid variables */
export function addressOf(name: string): Promise<ModelAddress> {
  return modelAddress(name).catch((error: unknown) => {
    if (isRondoError(error)) throw new UsageError(`${error.message} (${error.code})`, { cause: error });
    throw error;
  });
}

/** Shows the warnings of `tiered`. */
export function warnOn(stderr: Io['stderr']): (warning: RondoError) => void {
  return (warning) => stderr.write(oneLine(`rondo: warning: ${warning.message}`));
}

/**
 * The file at an address. Reports the folder when the file begins to be stored.
 *
 * @throws RondoError as `openRemote`
 */
export function openRemoteModel(
  address: ModelAddress,
  { signal, stderr }: Io,
  { concurrency }: { readonly concurrency?: number },
): Promise<ByteSource> {
  return openRemote(address, {
    signal,
    concurrency,
    check: checkIsNoText,
    onWarning: warnOn(stderr),
    onStoring: (name, folder) =>
      stderr.write(
        oneLine(`rondo: what is read of ${name} is kept in ${folder}; rondo cache lists and deletes it`),
      ),
  });
}
