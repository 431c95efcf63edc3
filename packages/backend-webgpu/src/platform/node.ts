// WebGPU in Node: the npm package `webgpu`, Dawn. The package is large, so it is an optional peer dependency.
import { RondoError } from '@rondo/errors';

let gpu: Promise<GPU> | undefined;

/**
 * The GPU of the package `webgpu`. A process has one GPU object.
 *
 * @throws RondoError `UNSUPPORTED` if the package is not installed
 */
export function findGpu(): Promise<GPU | undefined> {
  gpu ??= import('webgpu').then(
    ({ create }) => create([]),
    (cause: unknown) => {
      throw new RondoError(
        'UNSUPPORTED',
        'The WebGPU backend needs the package "webgpu" in Node: run "npm install webgpu", or use the CPU backend.',
        { cause },
      );
    },
  );
  return gpu;
}

/** Runs a step after this turn of the event loop and its microtasks. */
export function afterThisTurn(step: () => void): void {
  setImmediate(step);
}

/** Advice for users without an adapter. */
export const adapterHint =
  "Install the GPU's Vulkan driver and the loader (libvulkan1 on Debian; VK_ICD_FILENAMES names a driver's file), or use the CPU backend.";
