// Compiles `assembly/read.ts` in memory. That takes a second and needs no build step.
import { readFile } from 'node:fs/promises';
import asc from 'assemblyscript/asc';

const memory = '--importMemory --noExportMemory --sharedMemory --initialMemory 1 --maximumMemory 65536';
const folder = new URL('../', import.meta.url);

/** The reading loop, for shared memory of at most 4 GiB. */
export async function compileReader(): Promise<WebAssembly.Module> {
  let wasm: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main(
    `assembly/read.ts --outFile read.wasm -O3 --noAssert --runtime stub --enable simd,threads ${memory}`.split(
      ' ',
    ),
    {
      readFile: async (name, base) => readFile(new URL(`${base}/${name}`, folder), 'utf8').catch(() => null),
      writeFile: async (_name, contents) => {
        wasm = new Uint8Array(contents as Uint8Array);
      },
      listFiles: () => [],
    },
  );
  if (error || !wasm)
    throw new Error(`AssemblyScript: ${error?.message ?? 'no output'}\n${stderr.toString()}`);
  return WebAssembly.compile(wasm);
}
