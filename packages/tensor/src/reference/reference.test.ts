import { describe, it } from 'vitest';
import { backendConformance } from '../conformance/index.ts';
import { reference } from './index.ts';

describe('the reference backend passes its own suite', () => {
  for (const one of backendConformance({
    dtypes: ['F32', 'F16', 'BF16', 'Q8_0', 'Q4_0', 'Q6_K'],
    kvCacheDtypes: ['F32', 'Q8_0'],
  })) {
    // Its sums run over rows alone, so what it is compared with is itself: this shows that the cases can be passed.
    it(one.name, () => one.run(async () => reference()));
  }
});
