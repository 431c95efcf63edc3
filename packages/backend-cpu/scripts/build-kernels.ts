// Compiles `assembly/` to WebAssembly, once for each build, and `src/worker.ts` to the text of a worker, into
// `src/generated/`. Embedded as modules, they need no fetch, no path and no bundler's help at run time.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import asc from 'assemblyscript/asc';

const folder = new URL('../', import.meta.url);
const generated = new URL('src/generated/', folder);

/** Build name -> compiler options: with and without relaxed SIMD, on shared and on ordinary memory. */
const builds = {
  'relaxed-shared': ['--enable', 'relaxed-simd', '--sharedMemory'],
  'relaxed-single': ['--enable', 'relaxed-simd'],
  'plain-shared': ['--sharedMemory'],
  'plain-single': [],
};

await mkdir(generated, { recursive: true });
for (const [name, options] of Object.entries(builds)) {
  const wasm = await compile(options);
  const base64 = Buffer.from(wasm).toString('base64');
  await writeFile(new URL(`${name}.ts`, generated), `export default '${base64}';\n`);
  console.log(`${name}: ${wasm.length} bytes`);
}
const worker = stripTypeScriptTypes(await readFile(new URL('src/worker.ts', folder), 'utf8'));
await writeFile(new URL('worker-text.ts', generated), `export default ${JSON.stringify(worker)};\n`);

async function compile(options: readonly string[]): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      'assembly/index.ts',
      '--outFile',
      'kernels.wasm',
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      '--enable',
      'simd,threads,bulk-memory',
      '--importMemory',
      '--noExportMemory',
      '--initialMemory',
      '1',
      '--maximumMemory',
      '65536',
      ...options,
    ],
    {
      readFile: async (name, base) => readFile(new URL(`${base}/${name}`, folder), 'utf8').catch(() => null),
      writeFile: async (_name, contents) => {
        wasm = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  if (error || !wasm)
    throw new Error(`AssemblyScript: ${error?.message ?? 'no output'}\n${stderr.toString()}`);
  return wasm;
}
