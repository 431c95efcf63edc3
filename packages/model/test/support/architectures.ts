// The architectures that tests take: one without experts, one with.
import { architectures, type Architecture } from '@rondo/architectures';

function known(name: string, hasExperts: boolean): Architecture {
  const found = architectures.find((one) => one.name === name && (one.experts !== undefined) === hasExperts);
  if (found === undefined) throw new Error(`There is no architecture ${name}.`);
  return found;
}

/** The Llama family. */
export const llama = known('llama', false);
/** Llama with experts. */
export const mixtral = known('llama', true);
