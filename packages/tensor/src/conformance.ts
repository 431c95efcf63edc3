export { backendConformance, type ConformanceCase, type ConformanceSubject } from './conformance/index.ts';
export { bench, refsTo, uniformKvLayers, type Bench } from './conformance/harness.ts';
export { randomNumbers, randomValues, randomWeights } from './conformance/random.ts';
