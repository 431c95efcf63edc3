// The registry: an architecture becomes known by standing in this list.
import { quoted, RondoError } from '@rondo/errors';
import { findInteger, getString, type Gguf } from '@rondo/gguf';
import type { Architecture } from './architecture.ts';
import { llama } from './llama.ts';
import { mixtral } from './mixtral.ts';

/** All architectures that are known. */
export const architectures: readonly Architecture[] = [llama, mixtral];

/**
 * The architecture that a file names.
 *
 * @throws RondoError `UNSUPPORTED_ARCHITECTURE`
 */
export function architectureOf(gguf: Gguf): Architecture {
  const name = getString(gguf, 'general.architecture');
  const hasExperts = (findInteger(gguf, `${name}.expert_count`) ?? 0) > 0;
  const found = architectures.find(
    (architecture) => architecture.name === name && (architecture.experts !== undefined) === hasExperts,
  );
  if (found) return found;
  const known = [...new Set(architectures.map((architecture) => architecture.name))];
  throw new RondoError(
    'UNSUPPORTED_ARCHITECTURE',
    `Models of the architecture ${quoted(name)} are not supported yet; ${known.join(', ')} is.`,
    {
      details: { name, known },
    },
  );
}
