// The tiny models that Rondo does not run yet, with the code of the error that each of them gets. The list only shrinks: a
// model of the list that loads fails its test.
import type { TinyModel } from '@rondo/testkit';

/** Architectures that `@rondo/architectures` does not know: `UNSUPPORTED_ARCHITECTURE`. */
const unknownArchitectures: readonly string[] = ['bert', 'nomic-bert', 'modern-bert', 'gemma-embedding'];

/** The code of the error with which a model is refused; undefined for a model that runs. */
export function refusalOf({ architecture }: TinyModel): string | undefined {
  return unknownArchitectures.includes(architecture) ? 'UNSUPPORTED_ARCHITECTURE' : undefined;
}

/** Every name that the list holds. */
export const refusedNames: readonly string[] = unknownArchitectures;
