// WebGPU in browsers.

/** The platform's WebGPU, or undefined where it has none. */
export async function findGpu(): Promise<GPU | undefined> {
  return navigator.gpu as GPU | undefined;
}

/** What a user can do where there is no adapter. */
export const adapterHint =
  'Use a browser with WebGPU, on a page served by https or from localhost, and see that hardware acceleration is on; or use the CPU backend.';
