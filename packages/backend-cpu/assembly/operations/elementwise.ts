// Elementwise operations: add, copy, gated activations, functions of one value.
import {
  ACTIVATION_GELU,
  ACTIVATION_IDENTITY,
  ACTIVATION_RELU2,
  ACTIVATION_SIGMOID,
  ACTIVATION_SOFTPLUS,
  GATED_SWIGLU_OAI,
  MAP_SCALE,
  MAP_SOFTCAP,
} from '../../src/protocol';
import { expF32, log1pF32, tanhF32 } from '../simd';
import { floatParameter, parameter, takeChunk } from '../threads';

/** Elements a thread takes at once. */
const CHUNK: u32 = 1024;

/** Parameters: a, b, out, count. */
export function add(command: usize): void {
  const a = parameter(command, 0);
  const b = parameter(command, 1);
  const out = parameter(command, 2);
  const count = parameter(command, 3);
  for (let start = takeChunk(command, CHUNK); start < count; start = takeChunk(command, CHUNK)) {
    const end = min(start + CHUNK, count) * 4;
    let i = start * 4;
    for (; i + 16 <= end; i += 16) v128.store(out + i, f32x4.add(v128.load(a + i), v128.load(b + i)));
    for (; i < end; i += 4) store<f32>(out + i, load<f32>(a + i) + load<f32>(b + i));
  }
}

/** Parameters: from, to, count. */
export function copy(command: usize): void {
  const from = parameter(command, 0);
  const to = parameter(command, 1);
  const count = parameter(command, 2);
  for (let start = takeChunk(command, CHUNK); start < count; start = takeChunk(command, CHUNK)) {
    memory.copy(to + start * 4, from + start * 4, (min(start + CHUNK, count) - start) * 4);
  }
}

/** Parameters: gate, up, out, count, form, values of `up` for each of the gate. */
export function gated(command: usize): void {
  if (parameter(command, 5) != 1) {
    gatedGroups(command);
    return;
  }
  const gate = parameter(command, 0);
  const up = parameter(command, 1);
  const out = parameter(command, 2);
  const count = parameter(command, 3);
  const kind = parameter(command, 4);
  for (let start = takeChunk(command, CHUNK); start < count; start = takeChunk(command, CHUNK)) {
    const end = min(start + CHUNK, count) * 4;
    let i = start * 4;
    for (; i + 16 <= end; i += 16) {
      v128.store(out + i, gatedValue(v128.load(gate + i), v128.load(up + i), kind));
    }
    for (; i < end; i += 4) {
      const value = gatedValue(v128.load32_splat(gate + i), v128.load32_splat(up + i), kind);
      store<f32>(out + i, f32x4.extract_lane(value, 0));
    }
  }
}

/** A value of the gate for several values of `up`. */
function gatedGroups(command: usize): void {
  const gate = parameter(command, 0);
  const kind = parameter(command, 4);
  const size = parameter(command, 5);
  const groups = parameter(command, 3) / size;
  const bytes = size * 4;
  for (let group = takeChunk(command, 1); group < groups; group = takeChunk(command, 1)) {
    const value = v128.load32_splat(gate + group * 4);
    const up = parameter(command, 1) + group * bytes;
    const out = parameter(command, 2) + group * bytes;
    let i: u32 = 0;
    for (; i + 16 <= bytes; i += 16) v128.store(out + i, gatedValue(value, v128.load(up + i), kind));
    for (; i < bytes; i += 4) {
      store<f32>(out + i, f32x4.extract_lane(gatedValue(value, v128.load32_splat(up + i), kind), 0));
    }
  }
}

/**
 * activation(gate)·up; or, with both values limited to 7 and up also to -7, gate·σ(1.702·gate)·(up + 1), OpenAI 2025,
 * arXiv:2508.10925.
 */
// @ts-ignore: decorator
@inline
function gatedValue(gate: v128, up: v128, kind: u32): v128 {
  if (kind != GATED_SWIGLU_OAI) return f32x4.mul(activate(gate, kind), up);
  const x = f32x4.min(gate, f32x4.splat(7));
  const e = expF32(f32x4.mul(x, f32x4.splat(-1.702)));
  const share = f32x4.div(x, f32x4.add(f32x4.splat(1), e));
  const limited = f32x4.max(f32x4.min(up, f32x4.splat(7)), f32x4.splat(-7));
  return f32x4.mul(share, f32x4.add(limited, f32x4.splat(1)));
}

/**
 * SiLU is x·σ(x), Elfwing et al. 2017. GELU in the tanh form (Hendrycks & Gimpel 2016), where (1 + tanh z) / 2 = σ(2z). Softplus
 * is max(x, 0) + ln(1 + e^-|x|), which never overflows.
 */
// @ts-ignore: decorator
@inline
function activate(x: v128, kind: u32): v128 {
  if (kind == ACTIVATION_IDENTITY) return x;
  if (kind == ACTIVATION_RELU2) {
    const positive = f32x4.max(x, f32x4.splat(0));
    return f32x4.mul(positive, positive);
  }
  if (kind == ACTIVATION_SOFTPLUS) {
    const positive = f32x4.max(x, f32x4.splat(0));
    return f32x4.add(positive, log1pF32(expF32(f32x4.neg(f32x4.abs(x)))));
  }
  let z = x;
  if (kind == ACTIVATION_GELU) {
    const cubic = f32x4.add(f32x4.mul(f32x4.mul(x, x), f32x4.splat(0.044715)), f32x4.splat(1));
    z = f32x4.mul(f32x4.mul(x, cubic), f32x4.splat(1.5957691216057308));
  }
  const numerator = kind == ACTIVATION_SIGMOID ? f32x4.splat(1) : x;
  return f32x4.div(numerator, f32x4.add(f32x4.splat(1), expF32(f32x4.neg(z))));
}

/** Parameters: x, row, out, rows, width. */
export function addRow(command: usize): void {
  eachRow(command, false);
}

/** Parameters: x, row, out, rows, width. */
export function mulRow(command: usize): void {
  eachRow(command, true);
}

/** Each row of x plus, or times, the row. */
// @ts-ignore: decorator
@inline
function eachRow(command: usize, isProduct: bool): void {
  const x = parameter(command, 0);
  const row = parameter(command, 1);
  const out = parameter(command, 2);
  const rows = parameter(command, 3);
  const bytes = parameter(command, 4) * 4;
  for (let index = takeChunk(command, 1); index < rows; index = takeChunk(command, 1)) {
    const from = x + index * bytes;
    const to = out + index * bytes;
    let i: u32 = 0;
    for (; i + 16 <= bytes; i += 16) {
      const a = v128.load(from + i);
      const b = v128.load(row + i);
      v128.store(to + i, isProduct ? f32x4.mul(a, b) : f32x4.add(a, b));
    }
    for (; i < bytes; i += 4) {
      const a = load<f32>(from + i);
      const b = load<f32>(row + i);
      store<f32>(to + i, isProduct ? a * b : a + b);
    }
  }
}

/** Parameters: x, out, count, which function, and the number it takes. */
export function map(command: usize): void {
  const x = parameter(command, 0);
  const out = parameter(command, 1);
  const count = parameter(command, 2);
  const kind = parameter(command, 3);
  const number = f32x4.splat(floatParameter(command, 4));
  for (let start = takeChunk(command, CHUNK); start < count; start = takeChunk(command, CHUNK)) {
    const end = min(start + CHUNK, count) * 4;
    let i = start * 4;
    for (; i + 16 <= end; i += 16) v128.store(out + i, apply(v128.load(x + i), kind, number));
    for (; i < end; i += 4) {
      store<f32>(out + i, f32x4.extract_lane(apply(v128.load32_splat(x + i), kind, number), 0));
    }
  }
}

// @ts-ignore: decorator
@inline
function apply(x: v128, kind: u32, number: v128): v128 {
  if (kind == MAP_SCALE) return f32x4.mul(x, number);
  if (kind == MAP_SOFTCAP) return f32x4.mul(number, tanhF32(f32x4.div(x, number)));
  return activate(x, kind);
}
