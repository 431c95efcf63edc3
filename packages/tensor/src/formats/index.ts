// All implemented quantization formats, by data type.
import { RondoError } from '@rondo/errors';
import type { DType } from '../dtype.ts';
import { bf16 } from './bf16.ts';
import { f16 } from './f16.ts';
import { f32 } from './f32.ts';
import type { QuantFormat } from './format.ts';
import { iq1_m } from './iq1_m.ts';
import { iq1_s } from './iq1_s.ts';
import { iq2_s } from './iq2_s.ts';
import { iq2_xs } from './iq2_xs.ts';
import { iq2_xxs } from './iq2_xxs.ts';
import { iq3_s } from './iq3_s.ts';
import { iq3_xxs } from './iq3_xxs.ts';
import { iq4_nl } from './iq4_nl.ts';
import { iq4_xs } from './iq4_xs.ts';
import { mxfp4 } from './mxfp4.ts';
import { nvfp4 } from './nvfp4.ts';
import { q1_0 } from './q1_0.ts';
import { q2_0 } from './q2_0.ts';
import { q2_k } from './q2_k.ts';
import { q3_k } from './q3_k.ts';
import { q4_0 } from './q4_0.ts';
import { q4_1 } from './q4_1.ts';
import { q4_k } from './q4_k.ts';
import { q5_0 } from './q5_0.ts';
import { q5_1 } from './q5_1.ts';
import { q5_k } from './q5_k.ts';
import { q6_k } from './q6_k.ts';
import { q8_0 } from './q8_0.ts';
import { tq1_0 } from './tq1_0.ts';
import { tq2_0 } from './tq2_0.ts';

export type { QuantFormat } from './format.ts';
export { float16ToFloat32, float32ToFloat16 } from './half.ts';

/** The formats that can be decoded, by data type. */
export const formats: ReadonlyMap<DType, QuantFormat> = new Map(
  [
    f32,
    f16,
    bf16,
    q8_0,
    q4_0,
    q4_1,
    q5_0,
    q5_1,
    q2_k,
    q3_k,
    q4_k,
    q5_k,
    q6_k,
    iq1_s,
    iq1_m,
    iq2_xxs,
    iq2_xs,
    iq2_s,
    iq3_xxs,
    iq3_s,
    iq4_nl,
    iq4_xs,
    mxfp4,
    tq1_0,
    tq2_0,
    nvfp4,
    q1_0,
    q2_0,
  ].map((format) => [format.dtype, format]),
);

/**
 * The format of a data type.
 *
 * @throws RondoError `UNSUPPORTED` for a data type without a format
 */
export function formatOf(dtype: DType): QuantFormat {
  const format = formats.get(dtype);
  if (format !== undefined) return format;
  throw new RondoError(
    'UNSUPPORTED',
    `Weights of type ${dtype} cannot be decoded. Use a model in one of: ${[...formats.keys()].join(', ')}.`,
    { details: { dtype, supported: [...formats.keys()] } },
  );
}
