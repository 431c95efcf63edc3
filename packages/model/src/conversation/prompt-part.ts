// A piece of a prompt: text of the template, or text of a message.

/** A piece of a prompt. */
export interface PromptPart {
  readonly text: string;
  /** Whether control tokens in this piece count. If so, encode it with `special: true`; otherwise with `special: false`. */
  readonly special: boolean;
}
