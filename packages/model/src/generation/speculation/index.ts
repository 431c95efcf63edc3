export { draftModel, type DraftingModel } from './draft-model.ts';
export { mtp } from './mtp.ts';
export { promptLookup } from './prompt-lookup.ts';
export { createSpeculator, type SpeculationStats, type Speculator } from './speculator.ts';
export type {
  Drafter,
  Pairs,
  Predictor,
  Proposal,
  SpeculationOptions,
  SpeculationStrategy,
} from './strategy.ts';
