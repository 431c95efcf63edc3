// The messages of a conversation, as a program gives them and as a conversation keeps them.

/** A call of a tool by the model. */
export interface ToolCall {
  /** The id by which the result refers to the call. */
  readonly id: string;
  /** Name of the tool. */
  readonly name: string;
  /** The arguments as the model wrote them, as JSON. */
  readonly arguments: string;
  /** The arguments as a value; undefined if the model wrote no JSON. */
  readonly value: unknown;
}

/** One message of a conversation. */
export interface ChatMessage {
  /** The speaker: `system`, `user`, `assistant`, `tool`, or another name that the template knows. */
  readonly role: string;
  /** The text of the message. */
  readonly content: string;
  /** The assistant's reasoning before its answer. The template decides which reasoning the model sees again. */
  readonly reasoning?: string;
  /** The calls of the assistant. */
  readonly toolCalls?: readonly ToolCall[];
  /** The id of the call of which a message of the role `tool` is the result. */
  readonly toolCallId?: string;
  /** A name of the speaker, or of the tool. */
  readonly name?: string;
}

/** A part of a content. Only texts are known. */
export interface TextContentPart {
  readonly type: 'text';
  readonly text: string;
}

/** A call in a message that a program gives: in the shape of `ToolCall`, or in the shape of OpenAI's API. */
export type GivenToolCall =
  | {
      readonly id?: string | undefined;
      readonly name: string;
      readonly arguments: unknown;
      readonly value?: unknown;
    }
  | {
      readonly id?: string | undefined;
      readonly type?: 'function' | undefined;
      readonly function: { readonly name: string; readonly arguments: unknown };
    };

/**
 * A message that a program gives: a `ChatMessage`, or a message in the shape of OpenAI's API. Contents may be lists of text
 * parts. Arguments of calls may be JSON or values.
 */
export interface GivenMessage {
  readonly role: string;
  readonly content?: string | readonly TextContentPart[] | null | undefined;
  readonly reasoning?: string | undefined;
  readonly reasoning_content?: string | undefined;
  readonly toolCalls?: readonly GivenToolCall[] | undefined;
  readonly tool_calls?: readonly GivenToolCall[] | undefined;
  readonly toolCallId?: string | undefined;
  readonly tool_call_id?: string | undefined;
  readonly name?: string | undefined;
}
