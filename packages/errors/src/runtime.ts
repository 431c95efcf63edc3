// Checks the JavaScript engine. An engine that is too old would fail later, with an error that names neither the engine
// nor the missing function.
import { RondoError } from './rondo-error.ts';

/** The parts of the global scope that show an engine's age. */
export interface RuntimeFacts {
  /** `Promise.withResolvers`, the newest function that the packages call: Node 22, Chrome 119, Firefox 121, Safari 17.4. */
  readonly withResolvers: unknown;
  /** The version of Node, without `v`; undefined in other engines. */
  readonly nodeVersion: string | undefined;
}

/**
 * Checks that this engine is new enough for the packages; every entry point calls this first.
 *
 * @throws RondoError `UNSUPPORTED`, which names the engine and what is needed
 */
export function checkRuntime(facts: RuntimeFacts = factsOfThisEngine()): void {
  if (typeof facts.withResolvers === 'function') return;
  const { nodeVersion } = facts;
  throw new RondoError(
    'UNSUPPORTED',
    nodeVersion === undefined
      ? 'Rondo needs a browser of 2024 or later: Chrome 119, Firefox 121 or Safari 17.4. This one lacks Promise.withResolvers.'
      : `Rondo needs Node 22.12 or later. This is Node ${nodeVersion}.`,
    { details: { needed: 'Promise.withResolvers', nodeVersion } },
  );
}

function factsOfThisEngine(): RuntimeFacts {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return {
    withResolvers: (Promise as { withResolvers?: unknown }).withResolvers,
    nodeVersion: process?.versions?.node,
  };
}
