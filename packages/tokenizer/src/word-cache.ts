// The ids of earlier words: natural text repeats its words, so most words need no merging.

// Longer words hardly repeat, and the cache would hold whole documents.
const longestWord = 64;
const mostWords = 1 << 16;

/** Caches the results of `encodeWord` for short words, and holds a limited number of words. */
export function cachedWords(
  encodeWord: (word: string) => readonly number[],
): (word: string) => readonly number[] {
  const cache = new Map<string, readonly number[]>();
  return (word) => {
    if (word.length > longestWord) return encodeWord(word);
    let ids = cache.get(word);
    if (ids === undefined) {
      ids = encodeWord(word);
      // Clearing the cache costs a little now and then; tracking the order of use would cost for every word.
      if (cache.size >= mostWords) cache.clear();
      cache.set(word, ids);
    }
    return ids;
  };
}
