// The user's token for the Hugging Face hub, from the places where the hub's own tools keep it.
// Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
import { reasonOf, RondoError } from '@rondo/errors';
import { isBearerToken } from '../http/bearer-token.ts';
import { homeFolder, systemEnvironment, type Environment } from './environment.ts';

/**
 * The token, without surrounding blanks and without line breaks; undefined if there is no token. The token is taken from
 * the first of these places that has a token: `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, the file `HF_TOKEN_PATH`, the file
 * `token` in `HF_HOME` and in `~/.cache/huggingface` (`XDG_CACHE_HOME` in place of `~/.cache` if it is set).
 *
 * @throws RondoError `BAD_ARGUMENT` for a token with quotes, blanks or other characters that no token has, `READ_FAILED`
 * if `HF_TOKEN_PATH` exists and cannot be read; both name the place
 */
export async function hubToken(
  environment: Environment = systemEnvironment(),
  home: string = homeFolder(),
): Promise<string | undefined> {
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    const token = cleaned(environment[name] ?? '', name);
    if (token !== '') return token;
  }
  const { HF_TOKEN_PATH: path, HF_HOME: hubHome, XDG_CACHE_HOME: caches } = environment;
  const files = [
    path,
    hubHome && `${hubHome}/token`,
    `${caches || `${home}/.cache`}/huggingface/token`,
    `${home}/.cache/huggingface/token`,
  ];
  const fs = globalThis.process?.getBuiltinModule?.('node:fs').promises;
  for (const file of files) {
    if (!file) continue;
    const text = await fs?.readFile(file, 'utf8').catch((cause: unknown) => {
      // The hub's tools write that file, so it may be missing. Any other failure to read it is a mistake.
      if (file === path && !isMissing(cause)) throw unreadable(file, cause);
      return '';
    });
    const token = cleaned(text ?? '', file);
    if (token !== '') return token;
  }
  return undefined;
}

/** Removes blanks and line breaks, which copying and `echo` add to a token. */
function cleaned(text: string, place: string): string {
  const token = text.replaceAll(/[\r\n]/g, '').trim();
  if (token === '' || isBearerToken(token)) return token;
  throw new RondoError(
    'BAD_ARGUMENT',
    `The token in ${place} has quotes, blanks or other characters that no token has. Write the token alone there.`,
    { details: { place } },
  );
}

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');

function unreadable(file: string, cause: unknown): RondoError {
  const reason = reasonOf(cause);
  return new RondoError('READ_FAILED', `HF_TOKEN_PATH is ${file}, which cannot be read: ${reason}.`, {
    details: { variable: 'HF_TOKEN_PATH', path: file },
    cause,
  });
}
