// A source that is opened when it is first read, for one whose size and identity are known from before.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { closedError } from './check-range.ts';
import { createSource } from './create-source.ts';
import { unlessAborted } from './unless-aborted.ts';

/** What must be known before. */
export interface KnownSource {
  readonly size: number;
  readonly identity: string;
}

/**
 * The source that `open` gives, opened by the first read; when that fails, the next read tries again. Closing aborts the
 * signal that `open` is given.
 *
 * Reads throw `SOURCE_CHANGED` when what is opened has another identity or size than the one known, and whatever `open`
 * throws.
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
