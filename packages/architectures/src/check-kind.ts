// Refuses GGUF files that are not models. The error names the kind of the file.
import { RondoError } from '@rondo/errors';
import { findString, type Gguf } from '@rondo/gguf';

const kinds: Readonly<Record<string, string>> = {
  mmproj: 'an encoder of images or sound (mmproj), a part beside a model',
  clip: 'an encoder of images or sound (mmproj), a part beside a model',
  adapter: 'an adapter (LoRA), a change to a model',
  controlvector: 'a control vector, a change to a model',
  imatrix: 'an importance matrix, statistics for quantizing a model',
};

/**
 * Checks that a file is a model.
 *
 * @throws RondoError `NOT_A_MODEL`, saying what the file is and what to give instead
 */
export function checkIsModel(gguf: Gguf): void {
  const kind = kindOf(gguf);
  if (kind !== undefined) {
    throw notAModel(`it is ${kind}. Give the model that it belongs to: a file with layers of its own.`, kind);
  }
  if (gguf.tensors.size === 0) {
    const kind = gguf.metadata.has('tokenizer.ggml.tokens')
      ? 'a vocabulary without weights'
      : 'without weights';
    throw notAModel(
      `it is ${kind}. Give the file with the weights; the vocabulary alone can be used with \`rondo tokenize\`.`,
      kind,
    );
  }
}

function kindOf(gguf: Gguf): string | undefined {
  const type = findString(gguf, 'general.type');
  const architecture = findString(gguf, 'general.architecture');
  for (const name of [type, architecture]) {
    if (name !== undefined && Object.hasOwn(kinds, name)) return kinds[name];
  }
  const keys = [...gguf.metadata.keys()];
  if (keys.some((key) => key.startsWith('imatrix.'))) return kinds['imatrix'];
  return keys.some((key) => key.startsWith('adapter.')) ? kinds['adapter'] : undefined;
}

function notAModel(what: string, kind: string): RondoError {
  return new RondoError('NOT_A_MODEL', `The file is no model that can be run: ${what}`, {
    details: { kind },
  });
}
