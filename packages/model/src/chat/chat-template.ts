// A chat template: turns the messages of a conversation into the text that a model was trained to continue.
import { Environment } from '@huggingface/jinja';
import { RondoError } from '@rondo/errors';
import { asTemplateError, compileTemplate } from './compile-template.ts';
import { runLimited, startDeadline, type Deadline } from './limited-interpreter.ts';
import { alignParts, createPlaceholders, mergeParts, type ChatPart } from './message-parts.ts';
import { templateGlobals } from './template-globals.ts';

/** One message of a conversation. */
export interface ChatMessage {
  /** Who speaks: `system`, `user`, `assistant`, or another name that the template knows. */
  readonly role: string;
  readonly content: string;
}

/** What a template needs from the model beside its source. */
export interface ChatTemplateOptions {
  /** The text of the token that begins a text; `bos_token` in the template. Empty by default. */
  readonly bosToken?: string | undefined;
  /** The text of the token that ends a text; `eos_token` in the template. Empty by default. */
  readonly eosToken?: string | undefined;
  /**
   * Whether a text has a control token in it if encoded with `special: true`. Asked only where a template does more with
   * contents than to write them; without it, every text is taken to have one.
   */
  readonly hasControlToken?: ((text: string) => boolean) | undefined;
  /** The time for templates that write the date; the clock's by default. */
  readonly now?: (() => Date) | undefined;
}

/** How a conversation is rendered. */
export interface RenderOptions {
  /** Whether the text ends where the assistant's next message begins. True by default. */
  readonly addGenerationPrompt?: boolean | undefined;
  /** More variables for the template, such as `enable_thinking` or `tools`. What they hold is trusted. */
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

/** A parsed chat template. */
export interface ChatTemplate {
  /**
   * The conversation as one text.
   *
   * @throws RondoError `BAD_TEMPLATE` where the template fails, refuses the messages or uses more than it may,
   * `BAD_ARGUMENT` for a role that is no plain name
   */
  render(messages: readonly ChatMessage[], options?: RenderOptions): string;
  /**
   * The same text in parts, each with whether its control tokens count. What stood in a message never counts:
   *
   * - Where the template writes contents as they are or trimmed, they become parts of their own.
   * - Where it does more with some content (cuts out reasoning, decides by it), the contents without a control token are
   *   left among what the template wrote, and only those with one must come out as they are or trimmed.
   * - Where even that fails, the whole text is one part that does not count. The model then sees its control tokens
   *   spelled out and may answer worse; nobody's message can pose as another's.
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

/**
 * Parses a chat template (the metadata `tokenizer.chat_template`, in Jinja).
 *
 * Templates come from strangers: they see their variables only, and are stopped within a second whatever they do.
 *
 * @throws RondoError `BAD_TEMPLATE` for a source that is no Jinja, too long or nested too deep
 */
export function createChatTemplate(source: string, options: ChatTemplateOptions = {}): ChatTemplate {
  const program = compileTemplate(source);
  const globals = templateGlobals(options.now ?? (() => new Date()));

  const renderWith = (
    messages: readonly ChatMessage[],
    render: RenderOptions,
    deadline: Deadline,
  ): string => {
    const environment = new Environment();
    const variables = {
      ...render.variables,
      ...globals,
      messages: messages.map(({ role, content }) => ({ role, content })),
      add_generation_prompt: render.addGenerationPrompt ?? true,
      bos_token: options.bosToken ?? '',
      eos_token: options.eosToken ?? '',
    };
    try {
      for (const [name, value] of Object.entries(variables)) environment.set(name, value);
      return runLimited(program, environment, deadline);
    } catch (error) {
      throw asTemplateError(error, 'cannot be rendered');
    }
  };

  return {
    render(messages, render = {}) {
      checkRoles(messages);
      return renderWith(messages, render, startDeadline());
    },
    renderParts(messages, render = {}) {
      checkRoles(messages);
      const deadline = startDeadline();
      const rendered = renderWith(messages, render, deadline);
      const contents = messages.map(({ content }) => content);
      const placeholders = createPlaceholders(messages.length);
      const align = (isMasked: (content: string) => boolean): ChatPart[] | undefined => {
        const masked = messages.map(({ role, content }, index) => ({
          role,
          content: isMasked(content) ? (placeholders.texts[index] ?? '') : content,
        }));
        try {
          const template = placeholders.split(renderWith(masked, render, deadline));
          return alignParts(rendered, template, contents);
        } catch {
          // A template may well refuse placeholders where it accepted the messages.
          return undefined;
        }
      };
      // Templates ask whether a content is empty: one that is stays, and can do no harm.
      const aligned = align((content) => content.trim() !== '');
      if (aligned !== undefined) return aligned;
      const { hasControlToken } = options;
      if (hasControlToken !== undefined) {
        const harmless = contents.filter((content) => !hasControlToken(content));
        // Contents that the template puts side by side could spell a token together.
        const partly = hasControlToken(harmless.join('')) ? undefined : align(hasControlToken);
        if (partly !== undefined) return partly;
      }
      return mergeParts([{ text: rendered, special: false }]);
    },
  };
}
