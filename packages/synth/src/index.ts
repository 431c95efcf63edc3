export { synthShapes } from './shapes.ts';
export type { SynthShapeName } from './shapes.ts';
export type { SynthExperts, SynthShape } from './shape.ts';
export { withLayers } from './with-layers.ts';
export { withMtpBlock } from './with-mtp-block.ts';
export { synthesize, synthOptionalTensors } from './synth.ts';
export type { SynthOptions } from './synth.ts';
