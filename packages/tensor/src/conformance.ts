export { backendConformance, type ConformanceCase, type ConformanceSubject } from './conformance/index.ts';
export { bench, uniformKvLayers, type Bench } from './conformance/harness.ts';
export { randomNumbers, randomValues, randomWeights } from './conformance/random.ts';
