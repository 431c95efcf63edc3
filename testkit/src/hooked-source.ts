// A source that reports each read before it happens, so that a test can cancel, fail or delay exactly there.

/** The part of a byte source that is needed here; `ByteSource` of `@rondo/source` has it. */
interface Source {
  readonly size: number;
  readonly identity: string;
  readonly alignment: number;
  readInto(
    target: Uint8Array,
    offset: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void>;
  close(): Promise<void>;
}

/** `source`, with `onRead` called before each read. A read rejects with the error that `onRead` throws or rejects with. */
export function hookedSource(
  source: Source,
  onRead: (read: {
    readonly index: number;
    readonly offset: number;
    readonly bytes: number;
  }) => void | Promise<void>,
): Source {
  let index = 0;
  return {
    size: source.size,
    identity: source.identity,
    alignment: source.alignment,
    async readInto(target, offset, options) {
      await onRead({ index: index++, offset, bytes: target.length });
      options?.signal?.throwIfAborted();
      await source.readInto(target, offset, options);
    },
    close: () => source.close(),
  };
}
