// Every data type that the shaders decode.
import type { DType } from '@rondo/tensor';
import { iq4_xs, q2_k, q3_k, q4_k, q5_k, q6_k, tq1_0, tq2_0 } from './blocks256.ts';
import { iq4_nl, mxfp4, q4_0, q4_1, q5_0, q5_1, q8_0 } from './blocks32.ts';
import { nvfp4, q1_0, q2_0 } from './blocks64-128.ts';
import { bf16, f16, f32 } from './floats.ts';
import type { WgslFormat } from './format.ts';
import { patternFormats } from './patterns.ts';

export { GROUP, type WgslFormat } from './format.ts';

/** The formats by data type. */
export const wgslFormats: ReadonlyMap<DType, WgslFormat> = new Map(
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
    iq4_nl,
    iq4_xs,
    mxfp4,
    tq1_0,
    tq2_0,
    nvfp4,
    q1_0,
    q2_0,
    ...patternFormats,
  ].map((format) => [format.dtype, format]),
);

/** Data types of weights that the backend multiplies with; other types are refused with `UNSUPPORTED`. */
export const supportedDtypes: readonly DType[] = [...wgslFormats.keys()];
