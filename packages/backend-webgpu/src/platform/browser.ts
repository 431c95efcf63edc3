// WebGPU in browsers.

/** The platform's WebGPU; undefined if the platform has no WebGPU. */
export async function findGpu(): Promise<GPU | undefined> {
  return navigator.gpu as GPU | undefined;
}

const steps: (() => void)[] = [];
const { port1, port2 } = new MessageChannel();
port1.addEventListener('message', () => steps.shift()?.());
port1.start();

/** Runs a step after this turn of the event loop and its microtasks. */
export function afterThisTurn(step: () => void): void {
  steps.push(step);
  // A timer would wait for milliseconds.
  port2.postMessage(undefined);
}

/** Advice for users without an adapter. */
export const adapterHint =
  'Use a browser with WebGPU, on a page served by https or from localhost, and see that hardware acceleration is on; or use the CPU backend.';
