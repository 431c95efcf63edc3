export type { ModelConfig } from '@rondo/architectures';
export type { Bound } from './engine/bottleneck.ts';
export type { Budget } from './memory/budget.ts';
export type { Grain } from './weights/segments.ts';
export { formatBytes, parseBytes, type ByteAmount } from './memory/amounts.ts';
export type { Chat, Said } from './conversation/chat.ts';
export type { FillIn } from './generation/fill-in.ts';
export type {
  ChatMessage,
  GivenMessage,
  GivenToolCall,
  TextContentPart,
  ToolCall,
} from './conversation/messages/chat-message.ts';
export type { GivenTool, ToolChoice, ToolDefinition } from './conversation/messages/tools.ts';
export type {
  ChatFinishReason,
  ChatPart,
  ReasoningPart,
  ToolCallDeltaPart,
  ToolCallPart,
} from './conversation/chat-part.ts';
export type {
  FinishPart,
  FinishReason,
  GenerationPart,
  GenerationSummary,
  GenerationTimings,
  PartFields,
  SpeculationSummary,
  TextPart,
  Usage,
  UsagePart,
} from './generation/generation-part.ts';
export type { TokenLogprob, TokenLogprobs } from './generation/logprobs.ts';
export type { LogitBias, SamplerName, SamplerOptions } from './generation/sampling/index.ts';
export type { CacheSize, LayerLease, Layers, LayersStats } from './weights/layer-manager.ts';
export type { AnswerOptions, ChatOptions, SendOptions } from './conversation/chat-options.ts';
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
