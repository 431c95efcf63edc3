// The patterns of the IQ types, by type, for kernels that decode the IQ types.
import type { DType } from '../../dtype.ts';
import { iq1Grid } from './iq1.ts';
import { iq2sGrid } from './iq2_s.ts';
import { iq2xsGrid } from './iq2_xs.ts';
import { iq2xxsGrid } from './iq2_xxs.ts';
import { iq3sGrid } from './iq3_s.ts';
import { iq3xxsGrid } from './iq3_xxs.ts';

/** Patterns one after another, as signed bytes. A pattern has 8 values in the IQ1 and IQ2 types, and 4 in the IQ3 types. */
export const iqGrids: Readonly<Partial<Record<DType, () => Int8Array>>> = {
  IQ1_S: iq1Grid,
  IQ1_M: iq1Grid,
  IQ2_XXS: iq2xxsGrid,
  IQ2_XS: iq2xsGrid,
  IQ2_S: iq2sGrid,
  IQ3_XXS: iq3xxsGrid,
  IQ3_S: iq3sGrid,
};
