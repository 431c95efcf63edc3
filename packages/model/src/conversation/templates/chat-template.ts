// A chat template: turns the messages of a conversation into the text that a model was trained to continue.
import { RondoError } from '@rondo/errors';
import { compileTemplate, createBudget, failureOf, fromData, type Rendering } from '@rondo/template';
import type { ChatMessage } from '../messages/chat-message.ts';
import { checkRole } from '../messages/read-messages.ts';
import type { ToolDefinition } from '../messages/tools.ts';
import { foldedForm, messageOfSource, plainForm, wrapperSource, type MessageForm } from './message-forms.ts';
import type { PromptPart } from '../prompt-part.ts';
import { promptPartsOf } from './message-parts.ts';
import { withoutTools } from './generic-tools.ts';

/** The data of the model that a template needs beside its source. */
export interface ChatTemplateOptions {
  /** The text of the token that begins a text; `bos_token` in the template. Default: empty. */
  readonly bosToken?: string | undefined;
  /** The text of the token that ends a text; `eos_token` in the template. Default: empty. */
  readonly eosToken?: string | undefined;
  /** The time for templates that write the date. Default: the current time. */
  readonly now?: (() => Date) | undefined;
}

/** How a conversation is rendered. */
export interface RenderOptions {
  /** Whether the text ends where the assistant's next message begins. Default true. */
  readonly addGenerationPrompt?: boolean | undefined;
  /**
   * More variables for the template, such as `enable_thinking`. Their values are trusted; mark data in the values
   * with `fromData` of `@rondo/template`. `tools` and `documents` are None by default, as in Transformers.
   */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  /** The tools. A template that never reads tools gets them in the system message: see `generic-tools.ts`. */
  readonly tools?: readonly ToolDefinition[] | undefined;
}

/** A parsed chat template. */
export interface ChatTemplate {
  /** The Jinja source. */
  readonly source: string;
  /** Whether the template reads tools. */
  readonly readsTools: boolean;
  /**
   * The conversation as one text.
   *
   * Nothing that was said is dropped. A system message that the template refuses or leaves out is written before the
   * user's next message (`Be brief\nHello`). A template that reads contents as lists only gets lists. A message that is
   * still left out is an error.
   *
   * @throws RondoError `BAD_TEMPLATE` where the template fails, refuses the messages, leaves out a message, or takes
   * more work than the limit; `BAD_ARGUMENT` for a role that is no plain name
   */
  render(messages: readonly ChatMessage[], options?: RenderOptions): string;
  /**
   * The same text in parts. Each part says whether its control tokens count. Control tokens in the text of a message never
   * count, however the template changes that text: the template's interpreter records where each character came from.
   *
   * @throws RondoError as `render`
   */
  renderParts(messages: readonly ChatMessage[], options?: RenderOptions): PromptPart[];
}

/** The number of the tools as a source of data. Their texts never become control tokens. */
const toolsSource = -2;

/** The result of one form: its rendering and the messages that the rendering leaves out, or the error. */
interface Attempt {
  readonly rendering?: Rendering;
  readonly leftOut: readonly number[];
  readonly error?: unknown;
}

/**
 * Parses a chat template (the metadata `tokenizer.chat_template`, in Jinja).
 *
 * Templates are not trusted: a template sees only its variables, and stops after a bounded amount of work.
 *
 * @throws RondoError `BAD_TEMPLATE` for a source that is no Jinja, too long or nested too deep
 */
export function createChatTemplate(source: string, options: ChatTemplateOptions = {}): ChatTemplate {
  const template = compileTemplate(source);
  const readsTools = template.uses('tools') || template.uses('functions');
  const hasShortIds = /!= 9\b/.test(source);

  function renderParts(given: readonly ChatMessage[], render: RenderOptions = {}): PromptPart[] {
    for (const { role } of given) checkRole(role);
    const { tools = [] } = render;
    const messages = readsTools ? given : withoutTools(given, tools);
    const budget = createBudget();
    const variables = {
      documents: null,
      ...toolVariables(template.uses('functions'), tools, options.now),
      ...render.variables,
      tools:
        tools.length > 0
          ? fromData(tools.map(shownTool), toolsSource)
          : (render.variables?.['tools'] ?? null),
      add_generation_prompt: render.addGenerationPrompt ?? true,
      bos_token: options.bosToken ?? '',
      eos_token: options.eosToken ?? '',
    };

    const attempt = (form: MessageForm): Attempt => {
      try {
        const rendering = template.render(
          { ...variables, messages: form.shown },
          { budget, now: options.now },
        );
        return { rendering, leftOut: leftOutOf(messages, form, rendering) };
      } catch (error) {
        const failure = failureOf(error);
        if (failure !== 'refused' && failure !== 'failed') throw error;
        return { error, leftOut: form.expected };
      }
    };

    const attempts: Attempt[] = [];
    const hasCalls = messages.some(({ toolCalls }) => toolCalls !== undefined);
    for (const asLists of [false, true]) {
      for (const argumentsAsText of hasCalls ? [false, true] : [false]) {
        const shape = { asLists, argumentsAsText, hasShortIds };
        const plain = attempt(plainForm(messages, shape));
        if (isComplete(plain)) return promptPartsOf(plain.rendering.parts);
        const hasFailed = plain.rendering === undefined;
        const form = foldedForm(messages, shape, (index) => hasFailed || plain.leftOut.includes(index));
        const folded = form && attempt(form);
        if (folded !== undefined && isComplete(folded)) return promptPartsOf(folded.rendering.parts);
        attempts.push(plain);
        if (folded !== undefined) attempts.push(folded);
      }
    }
    throw errorOf(messages, attempts);
  }

  return {
    source,
    readsTools,
    render: (messages, render) =>
      renderParts(messages, render)
        .map(({ text }) => text)
        .join(''),
    renderParts,
  };
}

/** A tool in the shape in which Transformers shows tools to templates. */
const shownTool = ({ name, description, parameters }: ToolDefinition): object => ({
  type: 'function',
  function: { name, description: description ?? '', parameters },
});

/** The variables of Firefunction's template, which reads the tools as a text, and the time. */
function toolVariables(
  readsFunctions: boolean,
  tools: readonly ToolDefinition[],
  now: (() => Date) | undefined,
): Readonly<Record<string, unknown>> {
  if (!readsFunctions) return {};
  const date = (now ?? (() => new Date()))();
  return {
    functions: fromData(JSON.stringify(tools, null, 4), toolsSource),
    datetime: date.toISOString().slice(0, 19),
  };
}

const isComplete = (attempt: Attempt): attempt is Attempt & { rendering: Rendering } =>
  attempt.rendering !== undefined && attempt.leftOut.length === 0;

/** The messages that have no trace in a rendering. */
function leftOutOf(
  messages: readonly ChatMessage[],
  { expected }: MessageForm,
  { parts, emptied }: Rendering,
): readonly number[] {
  const traces = new Set<number>();
  for (const { text, source } of parts) if (source !== undefined && text.trim() !== '') traces.add(source);
  // The rendering contains characters of the list itself, such as `[{`: the template wrote the list as a text.
  if (traces.has(wrapperSource)) return expected;
  // A template may remove an order from a system message, such as `/no_think`: the message counts as read.
  const isRead = (index: number): boolean =>
    traces.has(index) || (emptied.has(index) && messages[index]?.role !== 'user');
  return expected.filter((index) => !isRead(index));
}

/** The first error, or an error that names the messages that the template left out. */
function errorOf(messages: readonly ChatMessage[], attempts: readonly Attempt[]): unknown {
  const [first] = attempts;
  if (first?.error !== undefined) return first.error;
  const index = messageOfSource(first?.leftOut[0] ?? 0, messages.length);
  const role = messages[index]?.role ?? '';
  return new RondoError(
    'BAD_TEMPLATE',
    `The chat template leaves out message ${index + 1} of ${messages.length}, of the role "${role}". ` +
      'Use a model with another template, or generate() with a prompt of your own.',
    { details: { failure: 'left out', index, role } },
  );
}
