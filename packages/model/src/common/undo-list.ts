// What has to be undone when something fails on the way, or at the end; AsyncDisposableStack where not every platform has it.

/** Steps that are taken back in the reverse order. */
export interface UndoList {
  add(undo: () => void | Promise<void>): void;
  /** Takes everything back; each step is tried, and the first error is thrown at the end. */
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
