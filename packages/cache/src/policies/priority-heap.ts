// Entries ordered by a number. The heap finds the smallest entry that meets a condition, without changing the heap. A
// policy that does not order entries by time needs this search.

/** A node of a heap. The heap maintains `index`. */
export interface HeapNode {
  /** The node's place in the heap; below 0 while the node is in no heap. */
  index: number;
}

/** A heap whose nodes know their places, so that no search is needed. */
export interface PriorityHeap<N extends HeapNode> {
  readonly size: number;
  /** Adds `node`, or moves it. O(log n). */
  set(node: N, priority: number): void;
  /** Removes `node`. O(log n). */
  delete(node: N): void;
  /**
   * The node of the smallest priority among the nodes that `admits` accepts. O(1) if `admits` accepts the smallest node.
   * Otherwise the search visits the refused nodes that are smaller than the answer, and their children.
   */
  first(admits: (node: N) => boolean): N | undefined;
}

/**
 * Number of children of a node: four priorities lie in one cache line, and the heap is half as deep as with two children.
 */
const ARITY = 4;

/** An empty heap. */
export function priorityHeap<N extends HeapNode>(): PriorityHeap<N> {
  /** The nodes in heap order. The priorities lie in a separate array, because only priorities are compared. */
  const nodes: N[] = [];
  const priorities: number[] = [];

  const priorityAt = (index: number): number => priorities[index] ?? Infinity;

  function put(node: N, priority: number, index: number): void {
    nodes[index] = node;
    priorities[index] = priority;
    node.index = index;
  }

  /** Moves the node at `from` to `to`, and leaves a hole. */
  function shift(from: number, to: number): void {
    const node = nodes[from];
    if (node !== undefined) put(node, priorityAt(from), to);
  }

  /** Puts `node` into its place, starting from a hole at `index`. */
  function settle(node: N, priority: number, index: number): void {
    let hole = index;
    while (hole > 0) {
      const parent = Math.trunc((hole - 1) / ARITY);
      if (priorityAt(parent) <= priority) break;
      shift(parent, hole);
      hole = parent;
    }
    while (hole >= index) {
      const first = ARITY * hole + 1;
      const end = Math.min(first + ARITY, nodes.length);
      let smallest = hole;
      let least = priority;
      for (let child = first; child < end; child += 1) {
        const each = priorityAt(child);
        if (each >= least) continue;
        smallest = child;
        least = each;
      }
      if (smallest === hole) break;
      shift(smallest, hole);
      hole = smallest;
    }
    put(node, priority, hole);
  }

  function firstBelow(index: number, admits: (node: N) => boolean, best: number): number {
    const node = nodes[index];
    // All nodes below this node are larger: if this node is not smaller than the best node, they are not smaller either.
    if (node === undefined || (best >= 0 && priorityAt(index) >= priorityAt(best))) return best;
    if (admits(node)) return index;
    let found = best;
    for (let child = 1; child <= ARITY; child += 1) found = firstBelow(ARITY * index + child, admits, found);
    return found;
  }

  return {
    get size() {
      return nodes.length;
    },
    set(node, priority) {
      if (node.index < 0) {
        node.index = nodes.push(node) - 1;
        priorities.push(priority);
      }
      settle(node, priority, node.index);
    },
    delete(node) {
      const { index } = node;
      if (index < 0) return;
      node.index = -1;
      const last = nodes.pop();
      const priority = priorities.pop();
      if (last === undefined || priority === undefined || last === node) return;
      settle(last, priority, index);
    },
    first: (admits) => nodes[firstBelow(0, admits, -1)],
  };
}
