// Ends a generation whose iterator was started and then dropped. Otherwise the generation would keep its session for ever.

/** Ends a generator whose iterator can no longer be reached, so that its session is free again. */
const forgotten = new FinalizationRegistry<AsyncGenerator<unknown, void, undefined>>((generator) => {
  // No caller is left for an error of the generator.
  generator.return().catch(() => {});
});

/**
 * Wraps the generator in an iterator; the caller has only the iterator. When the garbage collector finds that the iterator can
 * no longer be reached, the generator is ended, as by `break`.
 */
export function releasedWhenForgotten<T>(
  generator: AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  const iterator: AsyncGenerator<T, void, undefined> = {
    next: (...given) => generator.next(...given),
    return: (value) => generator.return(value),
    throw: (error) => generator.throw(error),
    [Symbol.asyncIterator]: () => iterator,
    async [Symbol.asyncDispose]() {
      await generator.return();
    },
  };
  forgotten.register(iterator, generator);
  return iterator;
}
