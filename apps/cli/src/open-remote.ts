// Opens models by their address as the library does, and says on stderr what is worth knowing of that.
import { isRondoError, type RondoError } from '@rondo/errors';
import { checkIsNoText } from '@rondo/gguf';
import { modelAddress, openRemote, type ByteSource, type ModelAddress } from '@rondo/source';
import type { Io } from './io.ts';
import { oneLine } from './output/printable.ts';
import { UsageError } from './usage-error.ts';

/** Where a model is. @throws UsageError for what is no address, and for variables that are none */
export function addressOf(name: string): Promise<ModelAddress> {
  return modelAddress(name).catch((error: unknown) => {
    if (isRondoError(error)) throw new UsageError(`${error.message} (${error.code})`, { cause: error });
    throw error;
  });
}

/** Shows what `tiered` warns of. */
export function warnOn(stderr: Io['stderr']): (warning: RondoError) => void {
  return (warning) => stderr.write(oneLine(`rondo: warning: ${warning.message}`));
}

/** The file at an address; says where it is kept when it comes for the first time. @throws RondoError as `openRemote` */
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
