// The conformance suite of Backend: cases that need no test runner. A case throws when the backend fails it.
import type { KvCacheDType } from '../kv-cache.ts';
import type { DType } from '../dtype.ts';
import { attentionCases } from './attention.ts';
import { behaviourCases } from './behaviour.ts';
import type { ConformanceCase } from './case.ts';
import { everyScaleCases, extremeScaleCases, longRowCases, matmulCases, notFiniteCases } from './products.ts';
import { operationCases } from './operations.ts';
import { recurrentCases } from './recurrent.ts';
import { weightCases } from './weights.ts';

export type { ConformanceCase } from './case.ts';

/** What the suite is told of the backend. */
export interface ConformanceSubject {
  /** Data types whose weights it multiplies with. */
  readonly dtypes: readonly DType[];
  /** Data types of its caches of keys and values. Default F32 alone. */
  readonly kvCacheDtypes?: readonly KvCacheDType[];
  /** Whether numbers below 2^-126 are computed with, rather than taken for 0. Default true. */
  readonly denormals?: boolean;
}

/** The cases for a backend; run each with a factory of fresh backends, which the case disposes of. */
export function backendConformance({
  dtypes,
  kvCacheDtypes = ['F32'],
  denormals = true,
}: ConformanceSubject): readonly ConformanceCase[] {
  return [
    ...matmulCases(dtypes),
    ...longRowCases(dtypes),
    ...notFiniteCases(dtypes),
    ...extremeScaleCases(dtypes, denormals),
    ...everyScaleCases(dtypes),
    ...operationCases,
    ...attentionCases(kvCacheDtypes),
    ...recurrentCases,
    ...weightCases(dtypes),
    ...behaviourCases,
  ];
}
