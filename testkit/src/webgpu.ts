// The GPU on which tests run in Node: the machine's own, else SwiftShader, the software adapter of Chromium. Without
// either, tests are skipped with a printed reason; in CI that is a failure.
import { existsSync } from 'node:fs';
import { create } from 'webgpu';
import { lacks } from './lacks.ts';
import { chromiumFolder } from './reference-data.ts';

export { losableGpu, type LosableGpu } from './losable-gpu.ts';

/** SwiftShader in Debian's chromium package, and in the package from npm. */
const swiftShaders = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  `${chromiumFolder}vk_swiftshader_icd.json`,
];

async function find(): Promise<GPU | undefined> {
  const own = create([]);
  if (await own.requestAdapter()) return own;
  const swiftShader = swiftShaders.find((path) => existsSync(path));
  if (swiftShader === undefined) return undefined;
  process.env['VK_ICD_FILENAMES'] = swiftShader;
  const software = create([]);
  return (await software.requestAdapter()) ? software : undefined;
}

/** A WebGPU with an adapter; undefined, with a printed reason, if there is none. @throws Error in CI if there is none */
export async function testGpu(): Promise<GPU | undefined> {
  const gpu = await find();
  if (gpu) return gpu;
  const why = 'needs a WebGPU adapter, such as the GPU of a Vulkan driver';
  if (process.env['CI']) throw new Error(`No adapter: the test ${why}.`);
  lacks(false, why);
  return undefined;
}

/** A device for many backends, one after another: a software adapter takes seconds to compile each kernel. */
export async function testDevice(): Promise<{ gpu: GPU; device: GPUDevice } | undefined> {
  const gpu = await testGpu();
  const adapter = await gpu?.requestAdapter();
  const device = await adapter?.requestDevice({
    requiredFeatures: (['subgroups', 'timestamp-query'] as const).filter((one) => adapter.features.has(one)),
    requiredLimits: {
      maxBufferSize: adapter.limits.maxBufferSize,
      maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize,
    },
  });
  return gpu && device && { gpu, device };
}
