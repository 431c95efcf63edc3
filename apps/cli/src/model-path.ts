// Names that stand for a path on the command line.
import { fileURLToPath } from 'node:url';
import { demoModelUrl } from '@rondo/demo-model';

/** The path of a model by its name: `demo`, or a path. Addresses are not handled here. */
export function modelPath(name: string): string {
  return name === 'demo' ? fileURLToPath(demoModelUrl) : name;
}
