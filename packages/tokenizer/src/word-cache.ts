// The ids of words met before: natural text repeats its words, so most need no merging at all.

// Longer words hardly come again, and the cache would hold whole documents.
const longestWord = 64;
const mostWords = 1 << 16;

/** Remembers what `encodeWord` gave, for short words and up to a bound. */
export function cachedWords(
  encodeWord: (word: string) => readonly number[],
): (word: string) => readonly number[] {
  const cache = new Map<string, readonly number[]>();
  return (word) => {
    if (word.length > longestWord) return encodeWord(word);
    let ids = cache.get(word);
    if (ids === undefined) {
      ids = encodeWord(word);
      // Starting afresh costs a little once in a while; tracking the order of use would cost on every word.
      if (cache.size >= mostWords) cache.clear();
      cache.set(word, ids);
    }
    return ids;
  };
}
