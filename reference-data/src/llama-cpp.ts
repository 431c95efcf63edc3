// The vocabularies, templates, test tables and the converter of llama.cpp. The npm package `node-llama-cpp` carries the source
// of the llama.cpp that it runs, as a git bundle.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { llamaCppPath } from '@rondo/testkit';

const run = promisify(execFile);

/** The parts of llama.cpp's source that tests read, and of the converter with which `tiny-models.ts` makes models. */
const parts = ['models', 'tests', 'src/llama-vocab.cpp', 'conversion', 'gguf-py'];

/**
 * Unpacks these parts of llama.cpp, unless they are there.
 *
 * @throws Error where there is no git
 */
export async function prepareLlamaCpp(): Promise<void> {
  if (parts.every((part) => existsSync(llamaCppPath(part)))) return;
  const target = llamaCppPath('');
  const main = createRequire(import.meta.url).resolve('node-llama-cpp');
  const bundle = join(dirname(main), '..', 'llama', 'gitRelease.bundle');
  const unpacking = `${dirname(target)}.new`;
  await rm(unpacking, { recursive: true, force: true });
  await mkdir(dirname(unpacking), { recursive: true });
  await run('git', ['clone', '--quiet', '--no-checkout', bundle, unpacking]);
  await run('git', ['-C', unpacking, 'checkout', '--quiet', 'HEAD', '--', ...parts]);
  await rm(join(unpacking, '.git'), { recursive: true });
  // An earlier checkout may have unpacked fewer parts.
  await rm(target, { recursive: true, force: true });
  await rename(unpacking, target);
}
