// A list of steps to undo on failure, or at the end; replaces AsyncDisposableStack, which not every platform has.

/** Steps that are undone in the reverse order. */
export interface UndoList {
  add(undo: () => void | Promise<void>): void;
  /** Undoes all steps. Each step is tried, and the first error is thrown at the end. */
  run(): Promise<void>;
}

/** An empty list. */
export function createUndoList(): UndoList {
  const steps: (() => void | Promise<void>)[] = [];
  return {
    add(undo) {
      steps.push(undo);
    },
    async run() {
      const errors: unknown[] = [];
      for (let step = steps.pop(); step; step = steps.pop()) {
        try {
          await step();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
