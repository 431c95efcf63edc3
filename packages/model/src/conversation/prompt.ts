// The prompt of an answer: the rendered conversation, and the beginning of the output.
import type { ChatMessage } from './messages/chat-message.ts';
import type { CallPolicy, ToolDefinition } from './messages/tools.ts';
import type { BegunAnswer, OutputFormat } from './output/output-format.ts';
import type { PromptPart } from './prompt-part.ts';
import type { ChatTemplate } from './templates/index.ts';
import { outputFormatOf } from './tool-calls/index.ts';

/** What a prompt is made of. */
export interface PromptRequest {
  readonly template: ChatTemplate;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ToolDefinition[];
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  /** Whether the output begins with a call. */
  readonly policy: CallPolicy;
  /** An answer that was begun and is to be continued. */
  readonly begun: BegunAnswer | undefined;
  /** Whether the answer follows a grammar from its first token on: then it has no reasoning. */
  readonly isConstrained?: boolean | undefined;
}

/** A prompt, and how to read what follows it. */
export interface Prompt {
  readonly parts: readonly PromptPart[];
  readonly format: OutputFormat;
  /** The end of the prompt that belongs to the output. */
  readonly prefill: string;
}

/** @throws RondoError as `ChatTemplate.render` */
export function promptOf(request: PromptRequest): Prompt {
  const { template, messages, tools, variables, policy, begun, isConstrained } = request;
  const format = outputFormatOf(template.source, tools.length > 0 && !template.readsTools);
  const rendered = template.renderParts(messages, { tools, variables });
  const last = rendered.at(-1);
  const tail = last?.special === true ? last.text : '';
  const prefill = format.prefill(tail);
  if (begun !== undefined) {
    const parts = format.begun(begun, prefill);
    const before = [
      ...rendered.slice(0, -1),
      { text: tail.slice(0, tail.length - prefill.length), special: true },
    ];
    return { parts: [...(tail === '' ? rendered : before), ...parts], format, prefill: textOf(parts) };
  }
  if (!policy.isForced && !isConstrained) return { parts: rendered, format, prefill };
  const end = format.endOfReasoning ?? '';
  const isOpen = prefill !== '' && end !== '' && !prefill.includes(end.trim());
  const call = policy.isForced
    ? callOpening(format, tools, policy.tool)
    : textOf(format.begun({ content: '', reasoning: '', isReasoning: false }, prefill));
  const opening = `${isOpen ? end : ''}${call}`;
  if (opening === '') return { parts: rendered, format, prefill };
  return {
    parts: [...rendered, { text: opening, special: true }],
    format,
    prefill: prefill + opening,
  };
}

const textOf = (parts: readonly PromptPart[]): string => parts.map(({ text }) => text).join('');

/** The text with which a call begins: up to the arguments if the tool is known, and else up to its name. */
function callOpening(
  format: OutputFormat,
  tools: readonly ToolDefinition[],
  tool: string | undefined,
): string {
  const [first] = tools;
  const only = tool ?? (tools.length === 1 ? first?.name : undefined);
  if (only !== undefined) return format.callForm(only).before;
  const one = format.callForm('a').before;
  const other = format.callForm('b').before;
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return one.slice(0, length);
}
