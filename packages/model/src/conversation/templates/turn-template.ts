// Writes Jinja templates of the common kind: every message stands between two texts that depend on its role.

/** The texts before and after a message. */
export type Around = readonly [before: string, after: string];

/** The texts of a format. `$BOS` and `$EOS` stand for the tokens that begin and end a text. */
export interface Turns {
  /** The text before the first message. */
  readonly begin?: string;
  /**
   * The texts around a system message. Undefined: the format has no system messages, and its template refuses them.
   */
  readonly system?: Around | undefined;
  /** The texts around a system message inside the user's message that follows it. */
  readonly systemInUser?: Around;
  readonly user: Around;
  readonly assistant: Around;
  /** The texts around messages of other roles; `$ROLE` is the name of the role. Undefined: such a message is refused. */
  readonly other?: Around | undefined;
  /** The text that begins the assistant's message. */
  readonly prompt: string;
  /** The roles whose contents lose white space at their edges. Default: none. */
  readonly trims?: readonly ('system' | 'user' | 'assistant')[];
}

/** The Jinja source of a format. */
export function turnTemplate(turns: Turns): string {
  const { begin = '', system, systemInUser, user, assistant, other, prompt, trims = [] } = turns;
  const content = (role: 'system' | 'user' | 'assistant'): string =>
    `message.content${trims.includes(role) ? ' | trim' : ''}`;
  const around = ([before, after]: Around, inner: string): string => {
    const pieces = [textOf(before), `(${inner})`, textOf(after)].filter((piece) => piece !== '');
    return `{{- ${pieces.join(' ~ ')} }}`;
  };
  const lines = [begin === '' ? '' : `{{- ${textOf(begin)} }}`];
  if (systemInUser) lines.push('{%- set pending = namespace(text="") %}');
  lines.push('{%- for message in messages %}');
  if (systemInUser) {
    const [before, after] = systemInUser;
    const inner = [textOf(before), `(${content('system')})`, textOf(after)].filter((piece) => piece !== '');
    lines.push(`{%- if message.role == "system" %}`);
    lines.push(`{%- set pending.text = pending.text ~ ${inner.join(' ~ ')} %}`);
    lines.push('{%- elif message.role == "user" %}', around(user, `pending.text ~ (${content('user')})`));
    lines.push('{%- set pending.text = "" %}');
  } else {
    lines.push('{%- if message.role == "user" %}', around(user, content('user')));
    if (system) lines.push('{%- elif message.role == "system" %}', around(system, content('system')));
  }
  lines.push(
    '{%- elif message.role == "assistant" %}',
    around(assistant, content('assistant')),
    '{%- else %}',
  );
  lines.push(
    other
      ? around(other, 'message.content')
      : '{{- raise_exception("This format has no messages of the role " ~ message.role) }}',
  );
  lines.push('{%- endif %}', '{%- endfor %}');
  if (prompt !== '') lines.push(`{%- if add_generation_prompt %}{{- ${textOf(prompt)} }}{%- endif %}`);
  return lines.filter((line) => line !== '').join('\n');
}

/** A text as an expression of Jinja; empty for an empty text. */
function textOf(text: string): string {
  const names: Readonly<Record<string, string>> = {
    $BOS: 'bos_token',
    $EOS: 'eos_token',
    $ROLE: 'message.role',
  };
  return text
    .split(/(\$BOS|\$EOS|\$ROLE)/)
    .filter((piece) => piece !== '')
    .map((piece) => names[piece] ?? JSON.stringify(piece))
    .join(' ~ ');
}
