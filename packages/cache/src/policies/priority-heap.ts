// Keys ordered by a number, of which the smallest is asked for under a condition: what a policy needs that orders by
// something other than time. Asking changes nothing.

/** A binary heap of keys that knows where each key is. */
export interface PriorityHeap<K> {
  readonly size: number;
  /** Adds `key`, or moves it. O(log n). */
  set(key: K, priority: number): void;
  /** O(log n). */
  delete(key: K): void;
  /**
   * The key of the smallest priority among those `admits` admits. O(1) when it admits the very smallest; otherwise it
   * looks at the keys that are refused and smaller than the answer, and their children.
   */
  first(admits: (key: K) => boolean): K | undefined;
}

interface Item<K> {
  readonly key: K;
  priority: number;
  index: number;
}

/** An empty heap. */
export function priorityHeap<K>(): PriorityHeap<K> {
  const heap: Item<K>[] = [];
  const items = new Map<K, Item<K>>();

  function put(item: Item<K>, index: number): void {
    heap[index] = item;
    item.index = index;
  }

  function rise(item: Item<K>): void {
    let { index } = item;
    while (index > 0) {
      const parent = heap[(index - 1) >> 1];
      if (parent === undefined || parent.priority <= item.priority) break;
      const above = parent.index;
      put(parent, index);
      index = above;
    }
    put(item, index);
  }

  function sink(item: Item<K>): void {
    let { index } = item;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const smaller =
        right !== undefined && left !== undefined && right.priority < left.priority ? right : left;
      if (smaller === undefined || smaller.priority >= item.priority) break;
      const below = smaller.index;
      put(smaller, index);
      index = below;
    }
    put(item, index);
  }

  function move(item: Item<K>, priority: number): void {
    const isSmaller = priority < item.priority;
    item.priority = priority;
    if (isSmaller) rise(item);
    else sink(item);
  }

  function firstBelow(
    index: number,
    admits: (key: K) => boolean,
    best: Item<K> | undefined,
  ): Item<K> | undefined {
    const item = heap[index];
    // All below an item are larger: there is nothing to find under one that is no better than the best.
    if (item === undefined || (best !== undefined && item.priority >= best.priority)) return best;
    if (admits(item.key)) return item;
    return firstBelow(2 * index + 2, admits, firstBelow(2 * index + 1, admits, best));
  }

  return {
    get size() {
      return heap.length;
    },
    set(key, priority) {
      const present = items.get(key);
      if (present !== undefined) {
        move(present, priority);
        return;
      }
      const item: Item<K> = { key, priority, index: heap.length };
      items.set(key, item);
      heap.push(item);
      rise(item);
    },
    delete(key) {
      const item = items.get(key);
      if (item === undefined) return;
      items.delete(key);
      const last = heap.pop();
      if (last === undefined || last === item) return;
      put(last, item.index);
      rise(last);
      sink(last);
    },
    first: (admits) => firstBelow(0, admits, undefined)?.key,
  };
}
