export type { ModelConfig } from './architectures/architecture.ts';
export type { Bound } from './bound.ts';
export type { Budget, Grain } from './budget.ts';
export { formatBytes, parseBytes, type ByteAmount } from './bytes.ts';
export type { Chat, ChatOptions } from './chat.ts';
export type { ChatMessage } from './chat/index.ts';
export type {
  FinishReason,
  GenerateOptions,
  GenerationPart,
  GenerationSummary,
  GenerationTimings,
  SpeculationSummary,
} from './generate.ts';
export type { CacheSize, LayerLease, Layers, LayersStats } from './layers.ts';
export type { LoadOptions, LoadProgress } from './engine.ts';
export { openFiles, type ModelSource, type OpenedFiles, type OpenFilesOptions } from './open-files.ts';
export { loadModel } from './load-model.ts';
export { vocabularyOf } from './vocabulary.ts';
export type { Model, ModelStats } from './model.ts';
export {
  draftModel,
  promptLookup,
  type Drafter,
  type Proposal,
  type SpeculationOptions,
  type SpeculationStats,
  type SpeculationStrategy,
} from './speculation/index.ts';
export { plan, type MemoryPlan } from './plan.ts';
export { perplexity, type Perplexity, type PerplexityOptions } from './perplexity.ts';
