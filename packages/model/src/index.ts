export type { ModelConfig } from '@rondo/architectures';
export type { Bound } from './bound.ts';
export type { Budget, Grain } from './budget.ts';
export { formatBytes, parseBytes, type ByteAmount } from './bytes.ts';
export type { Chat } from './chat.ts';
export type { ChatMessage } from './chat/index.ts';
export type {
  FinishReason,
  GenerationPart,
  GenerationSummary,
  GenerationTimings,
  SpeculationSummary,
} from './generation-part.ts';
export type { CacheSize, LayerLease, Layers, LayersStats } from './layers.ts';
export type {
  ChatOptions,
  GenerateOptions,
  LoadOptions,
  LoadProgress,
  PerplexityOptions,
} from './options.ts';
export { openFiles, type ModelSource, type OpenedFiles, type OpenFilesOptions } from './open-files.ts';
export { loadModel } from './load-model.ts';
export { vocabularyOf } from './vocabulary.ts';
export type { Model, ModelStats } from './model.ts';
export {
  draftModel,
  promptLookup,
  type DraftingModel,
  type Drafter,
  type Proposal,
  type SpeculationOptions,
  type SpeculationStats,
  type SpeculationStrategy,
} from './speculation/index.ts';
export { plan, type MemoryPlan } from './plan.ts';
export { perplexity, type Perplexity } from './perplexity.ts';
