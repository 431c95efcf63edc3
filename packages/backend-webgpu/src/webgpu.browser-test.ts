// The conformance suite in a browser, with the formats that every model has. The test browser always has an adapter.
import { backendConformance } from '@rondo/tensor/conformance';
import { describe, it } from 'vitest';
import { webgpu } from './webgpu.ts';

const adapter = await navigator.gpu.requestAdapter();
const device = await adapter?.requestDevice({
  requiredFeatures: (['subgroups'] as const).filter((feature) => adapter.features.has(feature)),
});

describe('webgpu backend in a browser', () => {
  it('has an adapter', () => {
    if (!device) throw new Error('No WebGPU adapter: see the flags in vitest.browser.config.ts.');
  });
  for (const one of backendConformance({
    dtypes: ['F32', 'Q4_0', 'Q6_K', 'IQ2_XXS'],
    kvCacheDtypes: ['F32', 'Q8_0'],
    denormals: false,
  }))
    it(one.name, () => one.run(() => webgpu(device && { device })));
});
