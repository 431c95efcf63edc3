// What may stand for a model on the command line.
import { fileURLToPath } from 'node:url';
import { demoModelUrl } from '@rondo/demo-model';
import { UsageError } from './usage-error.ts';

/** The path of a model by its name: `demo`, or a path. @throws UsageError for addresses */
export function modelPath(name: string): string {
  if (name === 'demo') return fileURLToPath(demoModelUrl);
  if (/^(https?|hf):/i.test(name)) {
    throw new UsageError(
      `${name} is an address, and models by address are not supported yet: download the file and give its path. (BAD_ARGUMENT)`,
    );
  }
  return name;
}
