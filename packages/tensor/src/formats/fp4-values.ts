// The values of the four-bit floats that MXFP4 and NVFP4 share. Source: OCP Microscaling Formats 1.0, E2M1.

/** The value of each four E2M1 bits, doubled, so that all values are whole. Minus zero is zero, as in ggml. */
export const doubledFp4Values: readonly number[] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];
