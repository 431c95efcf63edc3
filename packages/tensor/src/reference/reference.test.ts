import { describe, it } from 'vitest';
import { backendConformance } from '../conformance/index.ts';
import { reference } from './index.ts';

describe('the reference backend passes its own suite', () => {
  for (const one of backendConformance({
    dtypes: ['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0', 'Q6_K'],
    kvCacheDtypes: ['F32', 'Q8_0'],
  })) {
    // The reference is compared with itself: the test shows that a backend can pass the cases.
    it(one.name, () => one.run(async () => reference()));
  }
});
