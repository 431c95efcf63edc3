// A trie of byte strings with a number at the end of each. One walk finds all strings that start at a place of a text.
// All nodes are in one hash table of two flat arrays, because a vocabulary has millions of nodes.

/** Looks up strings byte by byte. Nodes are numbers; the root is 0. */
export interface ByteTrie {
  /** The node one byte further; -1 if no string continues with this byte. */
  child(node: number, byte: number): number;
  /** The number of the string that ends at this node; -1 if none ends here. */
  valueAt(node: number): number;
}

/** A trie of these strings. Of two equal strings the last counts; empty strings are left out. */
export function createByteTrie(entries: Iterable<readonly [Uint8Array, number]>): ByteTrie {
  let shift = 20;
  let mask = (1 << 12) - 1;
  // A key is the node and the byte in one number. 0 is no key, because nodes count from 1 in the table.
  let keys = new Float64Array(mask + 1);
  let nodes = new Int32Array(mask + 1);
  let values = new Int32Array(1 << 10).fill(-1);
  let count = 1;

  const slotOf = (key: number): number => {
    // Fibonacci hashing: Knuth, The Art of Computer Programming, volume 3, 6.4.
    let slot = Math.imul(key, 0x9e3779b1) >>> shift;
    while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  };

  const grow = (): void => {
    const [oldKeys, oldNodes] = [keys, nodes];
    shift--;
    mask = mask * 2 + 1;
    keys = new Float64Array(mask + 1);
    nodes = new Int32Array(mask + 1);
    for (const [slot, key] of oldKeys.entries()) {
      if (key === 0) continue;
      const free = slotOf(key);
      keys[free] = key;
      nodes[free] = oldNodes[slot] ?? 0;
    }
  };

  const add = (node: number, byte: number): number => {
    const key = (node + 1) * 256 + byte;
    const slot = slotOf(key);
    if (keys[slot] === key) return nodes[slot] ?? 0;
    const added = count++;
    keys[slot] = key;
    nodes[slot] = added;
    if (count * 4 > mask * 3) grow();
    if (count > values.length) {
      const longer = new Int32Array(values.length * 2).fill(-1);
      longer.set(values);
      values = longer;
    }
    return added;
  };

  for (const [bytes, value] of entries) {
    if (bytes.length === 0) continue;
    let node = 0;
    for (const byte of bytes) node = add(node, byte);
    values[node] = value;
  }
  return {
    child(node, byte) {
      const key = (node + 1) * 256 + byte;
      const slot = slotOf(key);
      return keys[slot] === key ? (nodes[slot] ?? -1) : -1;
    },
    valueAt: (node) => values[node] ?? -1,
  };
}
