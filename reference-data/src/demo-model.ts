// The files of the demo model that are not in the repository. `quantizeGguf` makes each of them from the F32 file, and
// each must have the SHA-256 of the file that llama-quantize wrote.
import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { memory } from '@rondo/source';
import { encodeGguf, readGguf } from '@rondo/gguf';
import { quantizeGguf, type QuantizationName } from '@rondo/quantize';
import { demoModelPath, type DemoQuantization } from '@rondo/testkit';

/** A file that is made: the name of its quantization, and the SHA-256 of llama-quantize's file. */
interface MadeFile {
  readonly quantization: QuantizationName;
  readonly sha256: string;
}

// The F16 file is the exception: `export.py` of the demo model wrote the same tensors in another order.
const madeFiles: Partial<Record<DemoQuantization, MadeFile>> = {
  f16: { quantization: 'f16', sha256: '57898b66df42c52edbfb13f237ce6325d409efb81bd99d7d0a5ca53446bbefeb' },
  bf16: { quantization: 'bf16', sha256: '5ea3e2bad84264e88c8bfbda9f1795bec72eb77be86b6837e7208fbf62c2e532' },
  q6_K: { quantization: 'q6_k', sha256: '1bceb4033d7fefe191eb5f7cf8512c57e53dd91f0a10284af5c9c1658def0924' },
  q5_K_M: {
    quantization: 'q5_k_m',
    sha256: 'ef4f5ab14d44f2822a71ba709047a929efc35d3d95c2907ea04587b5f0cb6558',
  },
  q5_1: { quantization: 'q5_1', sha256: '8ff929cae02f7424f367e68b256b44226520b1da3093b0b4705e63353a6666e6' },
  q5_0: { quantization: 'q5_0', sha256: '7587267f11078d2c7a7543ab17fa525e9a4486cef569e5965c9e26cfe619424d' },
  q4_K_M: {
    quantization: 'q4_k_m',
    sha256: '10f7fa83b2d6524804cb3f51528c316410e485485bb2335b90d36e21c0086643',
  },
  q4_1: { quantization: 'q4_1', sha256: 'b0d695ac9bbdd7ec4d378961f88b1ef9620cdab1d92b23b2fe15b92452df1e69' },
  q4_0: { quantization: 'q4_0', sha256: '14f6ec142082d3ed8bbba5998b4947532ada05e22a1bb0856987e01a27015873' },
};

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Makes the files of the demo model that are missing, in some seconds.
 *
 * @throws Error if a file differs from the file that llama-quantize wrote
 */
export async function prepareDemoModel(): Promise<void> {
  for (const [name, made] of Object.entries(madeFiles)) {
    const path = demoModelPath(name as DemoQuantization);
    const present = await readFile(path).catch(() => undefined);
    if (present && sha256Of(present) === made.sha256) continue;
    const source = memory(await readFile(demoModelPath('f32')));
    const { quantization } = made;
    const bytes = await encodeGguf(quantizeGguf(source, await readGguf(source), { quantization }));
    const sha256 = sha256Of(bytes);
    if (sha256 !== made.sha256)
      throw new Error(
        `quantizeGguf(${quantization}) gives a file of SHA-256 ${sha256}, llama-quantize ${made.sha256}.`,
      );
    // Renamed when it is whole, so that an aborted run leaves no incomplete file.
    await writeFile(`${path}.new`, bytes);
    await rename(`${path}.new`, path);
  }
}
