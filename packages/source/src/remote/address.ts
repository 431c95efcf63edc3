// Models that are named by a web address.
import { quoted, RondoError } from '@rondo/errors';
import { huggingFace } from '../hugging-face.ts';
import { systemEnvironment, type Environment } from './environment.ts';
import { hubToken } from './hub-token.ts';

/** The address of a model, and the data that is needed to read the model. */
export interface ModelAddress {
  readonly url: URL;
  /** The token, for the origin of the address only. */
  readonly token: string | undefined;
  /** Whether the name began with `hf:`, so that the user's token is sent. */
  readonly isHubName: boolean;
}

/** Hosts whose page about a file has `/blob/` in its address, and whose content has `/resolve/` in its place. */
const hubHosts: ReadonlySet<string> = new Set([
  'huggingface.co',
  'www.huggingface.co',
  'hf.co',
  'hf-mirror.com',
]);

/** Whether a name is an address (`hf:…`, `https:…`) and not a path. */
export function isAddress(name: string): boolean {
  return /^(hf|https?):/i.test(name);
}

/**
 * The address for a name. `HF_ENDPOINT` and the token of the hub apply to `hf:` names, as in the tools of Hugging Face;
 * the token goes nowhere else. The address of a hub's page about a file becomes the address of the file.
 *
 * @throws RondoError `BAD_ARGUMENT` for a name that is no address
 */
export async function modelAddress(
  name: string | URL,
  environment: Environment = systemEnvironment(),
): Promise<ModelAddress> {
  const text = String(name);
  const endpoint = endpointOf(environment);
  if (/^hf:/i.test(text)) {
    const url = huggingFace(text.replace(/^hf:/i, 'hf:'), { endpoint });
    return { url, token: await hubToken(environment), isHubName: true };
  }
  if (!/^https?:/i.test(text) || !URL.canParse(text)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `${quoted(text.replace(/[?#].*/s, ''))} is no address: give https://… or hf:owner/repository/file.gguf.`,
    );
  }
  const url = new URL(text);
  const isHub =
    hubHosts.has(url.hostname) || (endpoint !== undefined && url.origin === new URL(endpoint).origin);
  if (isHub) url.pathname = url.pathname.replace(/^(\/[^/]+\/[^/]+)\/blob\//, '$1/resolve/');
  return { url, token: undefined, isHubName: false };
}

/** @throws RondoError `BAD_ARGUMENT` */
function endpointOf({ HF_ENDPOINT: given = '' }: Environment): string | undefined {
  const endpoint = given.trim();
  if (endpoint === '') return undefined;
  if (/^https?:\/\//i.test(endpoint) && URL.canParse(endpoint)) return endpoint;
  throw new RondoError(
    'BAD_ARGUMENT',
    `HF_ENDPOINT is ${quoted(endpoint)}, which is no address: it begins with https://, as in https://huggingface.co.`,
    { details: { variable: 'HF_ENDPOINT' } },
  );
}
