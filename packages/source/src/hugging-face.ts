// Makes addresses from the names of files on the Hugging Face hub. Nothing is read here.
import { RondoError } from '@rondo/errors';

/** The web address of a hub. */
export interface HuggingFaceOptions {
  /** The base of the hub's addresses. Default `https://huggingface.co`. */
  readonly endpoint?: string | undefined;
}

/** Names of owners and repositories: https://huggingface.co/docs/huggingface_hub, `validate_repo_id`. */
const namePattern = /^[A-Za-z0-9_][\w.-]*$/;

/**
 * The address of a file by its name `hf:owner/repository/path/in/it.gguf`, followed by `@revision` (a branch, tag or
 * commit) unless the revision is `main`.
 *
 * @throws RondoError `BAD_ARGUMENT` for any other name
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
