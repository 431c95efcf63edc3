// A chat template: turns the messages of a conversation into the text that a model was trained to continue.
import { RondoError } from '@rondo/errors';
import { compileTemplate, createBudget, failureOf, type Rendering } from '@rondo/template';
import { foldedForm, plainForm, wrapperSource, type MessageForm } from './message-forms.ts';
import { chatPartsOf, type ChatPart } from './message-parts.ts';

/** One message of a conversation. */
export interface ChatMessage {
  /** Who speaks: `system`, `user`, `assistant`, or another name that the template knows. */
  readonly role: string;
  readonly content: string;
}

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
}

/** A parsed chat template. */
export interface ChatTemplate {
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
  renderParts(messages: readonly ChatMessage[], options?: RenderOptions): ChatPart[];
}

const plainRole = /^[A-Za-z0-9_-]{1,64}$/;

function checkRoles(messages: readonly ChatMessage[]): void {
  for (const { role } of messages) {
    if (plainRole.test(role)) continue;
    throw new RondoError(
      'BAD_ARGUMENT',
      `The role ${JSON.stringify(role)} is no plain name. Use letters, digits, "-" and "_", such as "user".`,
      { details: { role } },
    );
  }
}

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

  function renderParts(messages: readonly ChatMessage[], render: RenderOptions = {}): ChatPart[] {
    checkRoles(messages);
    const budget = createBudget();

    const attempt = (form: MessageForm): Attempt => {
      const variables = {
        tools: null,
        documents: null,
        ...render.variables,
        messages: form.shown,
        add_generation_prompt: render.addGenerationPrompt ?? true,
        bos_token: options.bosToken ?? '',
        eos_token: options.eosToken ?? '',
      };
      try {
        const rendering = template.render(variables, { budget, now: options.now });
        return { rendering, leftOut: leftOutOf(messages, form, rendering) };
      } catch (error) {
        const failure = failureOf(error);
        if (failure !== 'refused' && failure !== 'failed') throw error;
        return { error, leftOut: form.expected };
      }
    };

    const attempts: Attempt[] = [];
    for (const asLists of [false, true]) {
      const plain = attempt(plainForm(messages, asLists));
      if (isComplete(plain)) return chatPartsOf(plain.rendering.parts);
      const hasFailed = plain.rendering === undefined;
      const form = foldedForm(messages, asLists, (index) => hasFailed || plain.leftOut.includes(index));
      const folded = form && attempt(form);
      if (folded !== undefined && isComplete(folded)) return chatPartsOf(folded.rendering.parts);
      attempts.push(plain);
      if (folded !== undefined) attempts.push(folded);
    }
    throw errorOf(messages, attempts);
  }

  return {
    render: (messages, render) =>
      renderParts(messages, render)
        .map(({ text }) => text)
        .join(''),
    renderParts,
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
  const index = first?.leftOut[0] ?? 0;
  const role = messages[index]?.role ?? '';
  return new RondoError(
    'BAD_TEMPLATE',
    `The chat template leaves out message ${index + 1} of ${messages.length}, of the role "${role}". ` +
      'Use a model with another template, or generate() with a prompt of your own.',
    { details: { failure: 'left out', index, role } },
  );
}
