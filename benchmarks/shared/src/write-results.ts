// Writes the results of a benchmark.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes `text` to `latest.md` for people, and `results` to `latest.json` for programs, into `folder`. */
export async function writeResults(folder: string, text: string, results: unknown): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'latest.md'), text);
  await writeFile(join(folder, 'latest.json'), `${JSON.stringify(results, undefined, 2)}\n`);
}
