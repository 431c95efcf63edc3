// An iterator that was begun and forgotten: without help its text would keep its session for ever.

/** Ends the generators whose iterators nobody can reach any more, so that their sessions are free again. */
const forgotten = new FinalizationRegistry<AsyncGenerator<unknown, void, undefined>>((generator) => {
  // What it may still throw is nobody's.
  generator.return().catch(() => {});
});

/**
 * The generator as an iterator of its own, which is all that the caller has of it. When the collector finds that nobody
 * has the iterator any more, the generator is ended, as `break` would have done.
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
