// A policy is foreign code: an error of a policy must neither end the process nor make the state of the cache inconsistent.
import { RondoError, shownValue } from '@rondo/errors';
import type { CachePolicy } from './types.ts';

const METHODS = ['added', 'used', 'removed', 'victim'] as const;

/** A policy that never throws, and the first error that the wrapped policy threw. */
export interface GuardedPolicy<K> {
  readonly policy: CachePolicy<K>;
  /** The first error of the policy; after it, the cache answers no further access. */
  readonly failure: RondoError | undefined;
}

/** @throws RondoError `BAD_ARGUMENT` for a value that is no policy */
export function guardPolicy<K>(given: CachePolicy<K>): GuardedPolicy<K> {
  checkPolicy(given);
  let failure: RondoError | undefined;

  function guarded<T>(method: string, call: () => T): T | undefined {
    try {
      return call();
    } catch (cause) {
      failure ??= new RondoError(
        'BAD_ARGUMENT',
        `The cache policy "${given.name}" failed in \`${method}\`: ${String(cause)}. Mend it, or take another policy.`,
        { cause, details: { policy: given.name, method } },
      );
      return undefined;
    }
  }

  return {
    get failure() {
      return failure;
    },
    policy: {
      name: given.name,
      added: (key, bytes, origin) => guarded('added', () => given.added(key, bytes, origin)),
      used: (key) => guarded('used', () => given.used(key)),
      removed: (key) => guarded('removed', () => given.removed(key)),
      victim: (evictable) => guarded('victim', () => given.victim(evictable)),
    },
  };
}

/** @throws RondoError `BAD_ARGUMENT` for a value that is no policy, such as the name of a policy */
export function checkPolicy(given: unknown): void {
  const isPolicy =
    typeof given === 'object' &&
    given !== null &&
    METHODS.every((method) => typeof Reflect.get(given, method) === 'function');
  if (isPolicy) return;
  const found = shownValue(given);
  throw new RondoError(
    'BAD_ARGUMENT',
    `A cache policy is an object with the methods ${METHODS.join(', ')}, such as \`lru()\` gives; ${found} is none.`,
    { details: { found } },
  );
}
