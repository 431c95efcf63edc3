// The vocabularies, templates, test tables and the converter of llama.cpp. The npm package `node-llama-cpp` contains the
// source of the llama.cpp that it runs, as a git bundle.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { llamaCppPath } from '@rondo/testkit';
import { makeFolder } from './make-folder.ts';

const run = promisify(execFile);

/** The parts of llama.cpp's source that tests read, and of the converter with which `tiny-models.ts` makes models. */
const parts = ['models', 'tests', 'src/llama-vocab.cpp', 'conversion', 'gguf-py'];

/**
 * Unpacks these parts of llama.cpp, unless they are there already.
 *
 * @throws Error if git is missing
 */
export async function prepareLlamaCpp(): Promise<void> {
  if (parts.every((part) => existsSync(llamaCppPath(part)))) return;
  const main = createRequire(import.meta.url).resolve('node-llama-cpp');
  const bundle = join(dirname(main), '..', 'llama', 'gitRelease.bundle');
  // An earlier checkout may have unpacked fewer parts.
  await makeFolder(llamaCppPath(''), async (folder) => {
    await run('git', ['clone', '--quiet', '--no-checkout', bundle, folder]);
    await run('git', ['-C', folder, 'checkout', '--quiet', 'HEAD', '--', ...parts]);
    await rm(join(folder, '.git'), { recursive: true });
  });
}
