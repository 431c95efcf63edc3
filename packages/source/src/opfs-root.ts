// The root of the browser's own file system (origin private file system).
import { RondoError } from '@rondo/errors';

/** The root folder. @throws RondoError `UNSUPPORTED` */
export async function opfsRoot(): Promise<FileSystemDirectoryHandle> {
  const storage = globalThis.navigator?.storage as StorageManager | undefined;
  if (storage?.getDirectory !== undefined) return storage.getDirectory();
  throw new RondoError(
    'UNSUPPORTED',
    'There is no origin private file system here: it takes a browser, and a page served by https or from localhost.',
  );
}
