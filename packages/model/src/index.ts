export type { ModelConfig } from '@rondo/architectures';
export type { Bound } from './engine/bottleneck.ts';
export type { Budget } from './memory/budget.ts';
export type { Grain } from './weights/segments.ts';
export { formatBytes, parseBytes, type ByteAmount } from './memory/amounts.ts';
export type { Chat } from './conversation/chat.ts';
export type { ChatMessage } from './conversation/templates/index.ts';
export type {
  FinishReason,
  GenerationPart,
  GenerationSummary,
  GenerationTimings,
  SpeculationSummary,
} from './generation/generation-part.ts';
export type { CacheSize, LayerLease, Layers, LayersStats } from './weights/layer-manager.ts';
export type { ChatOptions } from './conversation/chat.ts';
export type { GenerateOptions } from './generation/generate-options.ts';
export type { ExpertStats } from './weights/expert-counts.ts';
export type { LoadOptions } from './engine/load-options.ts';
export type { LoadProgress } from './weights/preload.ts';
export type { PerplexityOptions } from './generation/perplexity.ts';
export { openFiles, type ModelSource, type OpenedFiles, type OpenFilesOptions } from './engine/open-files.ts';
export { loadModel } from './load-model.ts';
export { vocabularyOf } from './engine/vocabulary.ts';
export type { Model, ModelStats } from './model.ts';
export {
  draftModel,
  mtp,
  promptLookup,
  type DraftingModel,
  type Drafter,
  type Pairs,
  type Predictor,
  type Proposal,
  type SpeculationOptions,
  type SpeculationStats,
  type SpeculationStrategy,
} from './generation/speculation/index.ts';
export { createProfile, type Profile, type ProfileOptions } from './profile/profile.ts';
export type { ProfileEvent, ProfileSink } from './profile/profile-event.ts';
export type { OperationTime, ProfileSummary } from './profile/summary.ts';
export { plan, type MemoryPlan } from './engine/plan.ts';
export { perplexity, type Perplexity, type ScoringModel } from './generation/perplexity.ts';
