// A source that is opened by its first read. The size and the identity of the source must be known beforehand.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { closedError } from './check-range.ts';
import { createSource } from './create-source.ts';
import { unlessAborted } from './unless-aborted.ts';

/** The facts that must be known beforehand. */
export interface KnownSource {
  readonly size: number;
  readonly identity: string;
}

/**
 * The source that `open` returns, opened by the first read. If opening fails, the next read tries again. Closing aborts
 * the signal that `open` receives.
 *
 * Reads throw `SOURCE_CHANGED` if the opened source has another identity or size than expected, and any error of
 * `open`.
 */
export function deferred(known: KnownSource, open: (signal: AbortSignal) => Promise<ByteSource>): ByteSource {
  const { size, identity } = known;
  const closing = new AbortController();
  let opening: Promise<ByteSource> | undefined;

  async function openChecked(): Promise<ByteSource> {
    const source = await open(closing.signal);
    if (source.identity === identity && source.size === size) return source;
    await source.close();
    throw new RondoError(
      'SOURCE_CHANGED',
      `${identity} is not there any more; ${source.identity} is, in its place. Open it again; a model has to be loaded anew.`,
      {
        details: { identity, found: source.identity },
      },
    );
  }

  return createSource({
    size,
    identity,
    async read(target, offset, signal) {
      if (target.length === 0) return;
      opening ??= openChecked().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      const source = await unlessAborted(opening, signal);
      await source.readInto(target, offset, { signal });
    },
    async close() {
      closing.abort(closedError(identity));
      await opening?.then(
        (source) => source.close(),
        () => {},
      );
    },
  });
}
