export { backendConformance, type ConformanceCase, type ConformanceSubject } from './conformance/index.ts';
export { randomNumbers, randomValues, randomWeights } from './conformance/random.ts';
