// A case of the conformance suite.
import type { Backend } from '../backend.ts';

/** One requirement for every backend. */
export interface ConformanceCase {
  readonly name: string;
  /** @throws Error if the backend does not meet the requirement */
  run(make: () => Promise<Backend>): Promise<void>;
}
