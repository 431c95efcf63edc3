export { backendConformance, type ConformanceSubject } from './conformance/index.ts';
