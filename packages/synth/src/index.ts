export { synthShapes } from './shapes.ts';
export type { SynthExperts, SynthShape, SynthShapeName } from './shapes.ts';
export { synthesize } from './synth.ts';
export type { SynthOptions } from './synth.ts';
