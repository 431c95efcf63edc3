import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes `folder` anew: `make` fills an empty folder beside it, which then takes the place of `folder`. A run that ends
 * early therefore leaves no half-made folder behind. The folders above are made too.
 */
export async function makeFolder(folder: string, make: (folder: string) => Promise<void>): Promise<void> {
  const made = resolve(folder);
  const making = `${made}.new`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  await make(making);
  await rm(made, { recursive: true, force: true });
  await mkdir(dirname(made), { recursive: true });
  await rename(making, made);
}
