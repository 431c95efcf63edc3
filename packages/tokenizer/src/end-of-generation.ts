// The token texts at which generation stops although no metadata says so. Files often name only one end token, while the
// model was trained to end a turn with another one. llama.cpp decides by these texts, and this package does the same.

const endTexts: ReadonlySet<string> = new Set([
  '</s>',
  '<eos>',
  '<EOT>',
  '_<EOT>',
  '[EOT]',
  '[EOS]',
  '[e~[',
  '<|im_end|>',
  '<|end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|return|>',
  '<|call|>',
  '<|calls|>',
  '<|flush|>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<end_of_turn>',
  '<end_of_utterance>',
  '<turn|>',
  '<|tool_response>',
  '<\uFF5Cend\u2581of\u2581sentence\uFF5C>',
  // The padding and file separators of fill-in-the-middle: a model that emits one has finished filling in.
  '<|fim_pad|>',
  '<fim-pad>',
  '<fim_pad>',
  '<PAD>',
  '[PAD]',
  '<|fim_repo|>',
  '<|repo_name|>',
  '<fim-repo>',
  '<reponame>',
  '<REPO>',
  '<|file_sep|>',
]);

/**
 * The ids whose text marks an end.
 *
 * `<|end|>` is no end in vocabularies with `<|return|>` and `<|call|>` (or `<|flush|>` and a call), which put `<|end|>` between
 * the parts of one answer. `</s>` is no end in vocabularies with `<|tool_response>`: their texts never end with `</s>`.
 */
export function endOfGenerationIds(idOf: ReadonlyMap<string, number>): Set<number> {
  const calls = idOf.has('<|call|>') || idOf.has('<|calls|>');
  const endsAPart = calls && (idOf.has('<|return|>') || idOf.has('<|flush|>'));
  const ids = new Set<number>();
  for (const text of endTexts) {
    const id = idOf.get(text);
    if (id === undefined) continue;
    if (text === '<|end|>' && endsAPart) continue;
    if (text === '</s>' && idOf.has('<|tool_response>')) continue;
    ids.add(id);
  }
  return ids;
}
