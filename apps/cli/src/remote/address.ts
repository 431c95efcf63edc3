// Models that are named by where they are on the web.
import process from 'node:process';
import { RondoError } from '@rondo/errors';
import { huggingFace } from '@rondo/source';
import { UsageError } from '../usage-error.ts';

/** Where a model is, and what it takes to read it. */
export interface Address {
  readonly url: URL;
  readonly token: string | undefined;
}

/**
 * The address that a name is; undefined for a name that is none. `HF_ENDPOINT` and `HF_TOKEN` count for `hf:` names, as
 * with the tools of Hugging Face; the token goes nowhere else.
 *
 * @throws UsageError for a name that begins like an address and is none
 */
export function addressOf(name: string): Address | undefined {
  const { HF_ENDPOINT: endpoint, HF_TOKEN: token } = process.env;
  try {
    if (/^hf:/i.test(name)) {
      return {
        url: huggingFace(name.replace(/^hf:/i, 'hf:'), { endpoint: endpoint || undefined }),
        token: token || undefined,
      };
    }
    return /^https?:/i.test(name) ? { url: new URL(name), token: undefined } : undefined;
  } catch (error) {
    if (error instanceof RondoError)
      throw new UsageError(`${error.message} (${error.code})`, { cause: error });
    throw new UsageError(`${name} is no address.`, { cause: error });
  }
}
