// The chat template of a model file: the file has the template itself, or the name of a format.

const chatMl =
  "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** The source of a template; undefined if the file has no template, or an empty template. */
export function templateSource(metadata: string | undefined): string | undefined {
  const name = metadata?.trim();
  if (name === undefined || name === '') return undefined;
  return name === 'chatml' ? chatMl : metadata;
}
