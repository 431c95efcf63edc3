// The token of the user for the Hugging Face hub, where its own tools keep it.
// Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
import { homeFolder, systemEnvironment, type Environment } from './environment.ts';

/**
 * The token, without blanks and line breaks around or in it; undefined where there is none. The first of these that has
 * one: `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, the file `HF_TOKEN_PATH`, the file `token` in `HF_HOME` and in
 * `~/.cache/huggingface` (`XDG_CACHE_HOME` in place of `~/.cache` where it is set).
 */
export async function hubToken(
  environment: Environment = systemEnvironment(),
  home: string = homeFolder(),
): Promise<string | undefined> {
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN']) {
    const token = cleaned(environment[name] ?? '');
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
    const token = cleaned((await fs?.readFile(file, 'utf8').catch(() => '')) ?? '');
    if (token !== '') return token;
  }
  return undefined;
}

/** No token has blanks; what copying and `echo` put there is not meant. */
function cleaned(text: string): string {
  return text.replaceAll(/[\r\n]/g, '').trim();
}
