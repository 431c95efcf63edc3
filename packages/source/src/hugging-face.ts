// Names of files on the Hugging Face hub. Knows how addresses there are made, nothing of how they are read.
import { RondoError } from '@rondo/errors';

/** Where a hub is. */
export interface HuggingFaceOptions {
  /** Default `https://huggingface.co`. */
  readonly endpoint?: string | undefined;
}

/** Names of owners and repositories: https://huggingface.co/docs/huggingface_hub, `validate_repo_id`. */
const namePattern = /^[A-Za-z0-9_][\w.-]*$/;

/**
 * The address of a file by its name `hf:owner/repository/path/in/it.gguf`, `@revision` (a branch, tag or commit) behind
 * it where it is not to be `main`.
 *
 * @throws RondoError `BAD_ARGUMENT` for a name that is none
 */
export function huggingFace(
  name: string,
  { endpoint = 'https://huggingface.co' }: HuggingFaceOptions = {},
): URL {
  const [, path = '', revision = 'main'] = /^hf:(.*?)(?:@([^@]+))?$/.exec(name) ?? [];
  const [owner = '', repository = '', ...file] = path.split('/');
  const good =
    namePattern.test(owner) &&
    namePattern.test(repository) &&
    file.length > 0 &&
    [...file, ...revision.split('/')].every((part) => part !== '' && part !== '.' && part !== '..');
  if (!good) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `${JSON.stringify(name)} is no file on the hub: write hf:owner/repository/file.gguf, or …file.gguf@revision.`,
      { details: { name } },
    );
  }
  const parts = [owner, repository, 'resolve', revision, ...file].map(encodeURIComponent);
  return new URL(`${endpoint.replace(/\/+$/, '')}/${parts.join('/')}`);
}
