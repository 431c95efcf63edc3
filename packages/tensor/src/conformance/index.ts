// The conformance suite of `Backend`: cases that need no test runner. A case throws if the backend fails the case.
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

/** The properties of a backend that the suite must know. */
export interface ConformanceSubject {
  /** Data types of the weights that the backend supports. */
  readonly dtypes: readonly DType[];
  /** Data types of the backend's caches of keys and values. Default: only F32. */
  readonly kvCacheDtypes?: readonly KvCacheDType[];
  /** Whether the backend computes with numbers below 2^-126; false = the backend may treat such numbers as 0. Default true. */
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
