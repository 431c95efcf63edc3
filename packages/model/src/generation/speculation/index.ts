export { draftModel, type DraftingModel } from './draft-model.ts';
export { promptLookup } from './prompt-lookup.ts';
export { createSpeculator, type SpeculationStats, type Speculator } from './speculator.ts';
export type { Drafter, Proposal, SpeculationOptions, SpeculationStrategy } from './strategy.ts';
