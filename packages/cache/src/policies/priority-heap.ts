// Entries ordered by a number, of which the smallest is asked for under a condition: what a policy needs that orders by
// something other than time. Asking changes nothing.

/** What can be in a heap; the heap keeps `index`. */
export interface HeapNode {
  /** Its place, below 0 while it is in no heap. */
  index: number;
}

/** A heap whose nodes know their places, so that finding one costs nothing. */
export interface PriorityHeap<N extends HeapNode> {
  readonly size: number;
  /** Adds `node`, or moves it. O(log n). */
  set(node: N, priority: number): void;
  /** O(log n). */
  delete(node: N): void;
  /**
   * The node of the smallest priority among those `admits` admits. O(1) when it admits the very smallest; otherwise it
   * looks at the nodes that are refused and smaller than the answer, and their children.
   */
  first(admits: (node: N) => boolean): N | undefined;
}

/** Children of a node: four priorities lie in one cache line, and the heap is half as deep as with two. */
const ARITY = 4;

/** An empty heap. */
export function priorityHeap<N extends HeapNode>(): PriorityHeap<N> {
  /** In heap order, beside the priorities, which alone are compared. */
  const nodes: N[] = [];
  const priorities: number[] = [];

  const priorityAt = (index: number): number => priorities[index] ?? Infinity;

  function put(node: N, priority: number, index: number): void {
    nodes[index] = node;
    priorities[index] = priority;
    node.index = index;
  }

  /** Moves what is at `from` to `to`, leaving a hole. */
  function shift(from: number, to: number): void {
    const node = nodes[from];
    if (node !== undefined) put(node, priorityAt(from), to);
  }

  /** Puts `node` where it belongs, starting from a hole at `index`. */
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
    // All below a node are larger: there is nothing to find under one that is no better than the best.
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
