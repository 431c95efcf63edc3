// Keys in the order in which they were last touched, readable from both ends. A Map can only be read from its oldest entry
// on. All operations are O(1).

/** A key's place in the list. */
interface RecencyNode<K> {
  readonly key: K;
  /** The time at which the key was last touched, in the owner's unit. */
  readonly at: number;
  readonly older: RecencyNode<K> | undefined;
  readonly newer: RecencyNode<K> | undefined;
}

/** A list of keys by recency. */
export interface RecencyList<K> {
  /** Puts `key` at the newest end; adds it if it is absent. */
  touch(key: K, at: number): void;
  delete(key: K): boolean;
  get(key: K): RecencyNode<K> | undefined;
  readonly oldest: RecencyNode<K> | undefined;
  readonly newest: RecencyNode<K> | undefined;
  readonly size: number;
}

interface Node<K> extends RecencyNode<K> {
  at: number;
  older: Node<K> | undefined;
  newer: Node<K> | undefined;
}

/** An empty list. */
export function recencyList<K>(): RecencyList<K> {
  const nodes = new Map<K, Node<K>>();
  let oldest: Node<K> | undefined;
  let newest: Node<K> | undefined;

  function unlink(node: Node<K>): void {
    if (node.older === undefined) oldest = node.newer;
    else node.older.newer = node.newer;
    if (node.newer === undefined) newest = node.older;
    else node.newer.older = node.older;
  }

  function append(node: Node<K>): void {
    node.older = newest;
    node.newer = undefined;
    if (newest === undefined) oldest = node;
    else newest.newer = node;
    newest = node;
  }

  return {
    touch(key, at) {
      let node = nodes.get(key);
      if (node === undefined) {
        node = { key, at, older: undefined, newer: undefined };
        nodes.set(key, node);
      } else unlink(node);
      node.at = at;
      append(node);
    },
    delete(key) {
      const node = nodes.get(key);
      if (node === undefined) return false;
      unlink(node);
      return nodes.delete(key);
    },
    get: (key) => nodes.get(key),
    get oldest() {
      return oldest;
    },
    get newest() {
      return newest;
    },
    get size() {
      return nodes.size;
    },
  };
}
