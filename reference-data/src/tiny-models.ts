// Makes the tiny models (`testkit/python/tiny_models`) that tests compare with llama.cpp and torch, unless models of the
// same description are already there. Needs Python 3 with pip.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { demoReferencePath, llamaCppPath, pythonPackagesFolder, tinyModelsFolder } from '@rondo/testkit';
import { prepareLlamaCpp } from './llama-cpp.ts';
import { makeFolder } from './make-folder.ts';

const run = promisify(execFile);
const python = fileURLToPath(new URL('../../testkit/python/', import.meta.url));
const description = join(python, 'tiny_models');
const requirements = join(description, 'requirements.txt');
/** The packages take 1 to 6 GB, so they are in a separate folder, which one command removes. */
const packagesFolder = pythonPackagesFolder;

/** SHA-256 of files' names and contents. */
async function sha256Of(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(path.slice(python.length)).update(await readFile(path));
  return hash.digest('hex');
}

/** The files that describe the models. */
async function descriptionPaths(): Promise<string[]> {
  const names = await readdir(description, { recursive: true });
  return names
    .filter((name) => /\.(py|txt)$/.test(name))
    .toSorted()
    .map((name) => join(description, name));
}

/** Makes `folder` anew by `make`, unless a complete run made it with the same `key` before. */
async function once(folder: string, key: string, make: (folder: string) => Promise<void>): Promise<void> {
  const keyPath = join(folder, 'made-of.sha256');
  if ((await readFile(keyPath, 'utf8').catch(() => undefined)) === key) return;
  await makeFolder(folder, async (making) => {
    await make(making);
    await writeFile(join(making, 'made-of.sha256'), key);
  });
}

async function installPackages(folder: string): Promise<void> {
  // Without compiling: imported modules, a small part of all, are compiled later.
  const options = ['--quiet', '--no-compile', '--target', folder, '--requirement', requirements];
  await run('python3', ['-m', 'pip', 'install', ...options]);
}

async function makeModels(folder: string): Promise<void> {
  await once(packagesFolder, await sha256Of([requirements]), installPackages);
  const modules = [packagesFolder, llamaCppPath(''), llamaCppPath('gguf-py'), python];
  const env = {
    ...process.env,
    PYTHONPATH: modules.join(delimiter),
    PYTHONPYCACHEPREFIX: join(packagesFolder, 'compiled'),
  };
  await run('python3', ['-m', 'tiny_models', folder, '--text', demoReferencePath('valid.txt')], { env });
}

/**
 * Makes the tiny models that tests read, in some minutes, unless they are there already. Models in the folder
 * RONDO_TINY_MODELS stay unchanged.
 *
 * @throws Error if Python with pip is missing, or a model cannot be made
 */
export async function prepareTinyModels(): Promise<void> {
  if (process.env['RONDO_TINY_MODELS']) return;
  await prepareLlamaCpp();
  await once(tinyModelsFolder, await sha256Of(await descriptionPaths()), makeModels);
}
