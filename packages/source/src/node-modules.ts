// Node's modules, requested only when they are needed. Importing this package is therefore harmless on every platform,
// and bundles for browsers need no shim.
import { RondoError } from '@rondo/errors';

/**
 * @throws RondoError `UNSUPPORTED` if Node's modules are missing; the error names `what`, the function that needs the
 * modules
 */
export function nodeModules(what: string): {
  readonly fs: typeof import('node:fs');
  readonly path: typeof import('node:path');
} {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  const path = globalThis.process?.getBuiltinModule?.('node:path');
  if (fs !== undefined && path !== undefined) return { fs, path };
  throw new RondoError(
    'UNSUPPORTED',
    `${what} uses the local disk, which only Node and its like can do. In a browser, give an address, such as \`new URL('model.gguf', location.href)\`, or a source of blob(), opfs() or http().`,
  );
}
