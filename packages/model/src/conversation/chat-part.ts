// The parts that an answer in a conversation yields.
import type {
  FinishPart,
  FinishReason,
  PartFields,
  TextPart,
  UsagePart,
} from '../generation/generation-part.ts';
import type { ToolCall } from './messages/chat-message.ts';

/** A piece of the model's reasoning. `text` is empty: reasoning is no part of the answer. */
export interface ReasoningPart extends PartFields {
  readonly type: 'reasoning';
  readonly reasoning: string;
}

/** A piece of a call that the model is writing. The pieces of `argumentsDelta`, joined, are the call's `arguments`. */
export interface ToolCallDeltaPart extends PartFields {
  readonly type: 'toolCallDelta';
  /** Number of the call in this answer, from 0. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly argumentsDelta: string;
}

/** A call that is complete. */
export interface ToolCallPart extends PartFields, ToolCall {
  readonly type: 'toolCall';
  /** Number of the call in this answer, from 0. */
  readonly index: number;
}

/** Why an answer ended: as a generation ends, or because the model calls tools. */
export type ChatFinishReason = FinishReason | 'toolCalls';

/**
 * A part of an answer: pieces of text, reasoning and calls, then `usage`, then `finish`. Each generated token stands in exactly
 * one part, as its `tokenId`.
 */
export type ChatPart =
  TextPart | ReasoningPart | ToolCallDeltaPart | ToolCallPart | UsagePart | FinishPart<ChatFinishReason>;
