// What a case of the conformance suite is.
import type { Backend } from '../backend.ts';

/** One thing that every backend must do. */
export interface ConformanceCase {
  readonly name: string;
  /** @throws Error when the backend does not do it */
  run(make: () => Promise<Backend>): Promise<void>;
}
