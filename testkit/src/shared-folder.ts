// Where the reference data lies that no part of this project produced. It is not in the repository: a clone elsewhere
// skips the tests that need it, and says so; with CI set, its absence is a failure.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../shared/', import.meta.url));

/** Path of a file or folder of the reference data, such as `demo-model/RESULTS.json`. */
export function sharedPath(path: string): string {
  return root + path;
}

/**
 * Whether the reference data is there: for `describe.skipIf(!hasShared('fixtures/vocab'))`.
 *
 * @throws Error when it is missing in CI
 */
export function hasShared(path: string): boolean {
  if (existsSync(root + path)) return true;
  if (process.env['CI']) throw new Error(`Reference data is missing: ../shared/${path}`);
  console.warn(`Skipped: needs the reference data ../shared/${path}, which is not here.`);
  return false;
}
