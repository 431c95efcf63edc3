// A Chromium for machines without one, and SwiftShader with a Vulkan loader for machines without a GPU: the npm package
// @sparticuz/chromium holds both for Linux on x64. Its own unpacking writes to the machine's folder of temporary files;
// this one writes below `.cache`.
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { chromiumFolder } from '@rondo/testkit';
import { extract } from 'tar-fs';
import { makeFolder } from './make-folder.ts';

const decompress = promisify(brotliDecompress);

/** Unpacks Chromium, its libraries and SwiftShader, unless they are there. On another platform nothing is done. */
export async function prepareChromium(): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64' || existsSync(chromiumFolder)) return;
  const packed = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', 'bin');
  const unpacked = async (name: string) => decompress(await readFile(join(packed, name)));
  await makeFolder(chromiumFolder, async (folder) => {
    const program = join(folder, 'chromium');
    await writeFile(program, await unpacked('chromium.br'));
    await chmod(program, 0o755);
    for (const name of ['al2023.tar.br', 'swiftshader.tar.br', 'fonts.tar.br'])
      await pipeline(Readable.from([await unpacked(name)]), extract(folder));
  });
}
