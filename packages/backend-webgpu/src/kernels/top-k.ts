// topK of rows or of parts of rows. A workgroup searches `count` times: each search finds the largest value that ranks after
// the value found before. Long rows are cut into parts; then the same kernel runs again over the candidates of the parts.
import { kernel, reads, THREADS, writes, type Kernel } from './kernel.ts';

/** The most values of a row for one workgroup. */
export const TOP_K_PART = 4096;

/**
 * `candidates` false: x has rows of values, cut into parts of TOP_K_PART values. True: x is the result of an earlier dispatch,
 * and a part is a whole row. Writes `count` values and then `count` columns for each part. The columns are floats in the last
 * dispatch (`last`), else integers.
 */
export const topK = (options: { readonly candidates: boolean; readonly last: boolean }): Kernel => {
  const { candidates, last } = options;
  return kernel(`topK${candidates ? ' of candidates' : last ? '' : ' of parts'}`, () => ({
    parameters: { width: 'u32', count: 'u32', parts: 'u32', x_start: 'u32', out_start: 'u32' },
    bindings: { x: reads('array<u32>'), out: writes('array<u32>') },
    code: /* wgsl */ `
var<workgroup> found: array<vec2<u32>, ${THREADS}>;

// Larger for larger values; -0 is 0, and NaN is infinity.
fn key_of(bits: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) { return 0xff800000u; }
  if (magnitude == 0u) { return 0x80000000u; }
  return select(bits | 0x80000000u, ~bits, bits != magnitude);
}

// Whether (key, column) a comes before b.
fn before(a: vec2<u32>, b: vec2<u32>) -> bool { return a.x > b.x || (a.x == b.x && a.y < b.y); }

@compute @workgroup_size(${THREADS})
fn main(@builtin(local_invocation_index) thread: u32, @builtin(workgroup_id) workgroup: vec3<u32>) {
  let part = workgroup.x;
  let row = workgroup.y;
  // Nothing that is there comes after this.
  let nothing = vec2<u32>(0u, 0xffffffffu);
  var previous = vec2<u32>(0xffffffffu, 0u);
  let result = p.out_start + (row * p.parts + part) * 2u * p.count;
  ${
    candidates
      ? 'let first = 0u; let end = p.width;'
      : `let first = part * ${TOP_K_PART}u; let end = min(p.width, first + ${TOP_K_PART}u);`
  }
  for (var rank = 0u; rank < p.count; rank++) {
    var best = nothing;
    var place = 0u;
    for (var i = first + thread; i < end; i += ${THREADS}u) {
      ${
        candidates
          ? /* wgsl */ `let at = p.x_start + row * p.width * 2u + (i / p.count) * 2u * p.count + i % p.count;
      let one = vec2<u32>(key_of(x[at]), x[at + p.count]);`
          : /* wgsl */ `let at = p.x_start + row * p.width + i;
      let one = vec2<u32>(key_of(x[at]), i);`
      }
      if (before(previous, one) && before(one, best)) { best = one; place = at; }
    }
    found[thread] = best;
    for (var half = ${THREADS / 2}u; half > 0u; half >>= 1u) {
      workgroupBarrier();
      if (thread < half && before(found[thread + half], found[thread])) { found[thread] = found[thread + half]; }
    }
    workgroupBarrier();
    previous = found[0];
    workgroupBarrier();
    if (all(best == previous) && previous.y != nothing.y) {
      out[result + rank] = x[place];
      out[result + p.count + rank] = ${last ? 'bitcast<u32>(f32(best.y))' : 'best.y'};
    }
    // A part may have fewer values than are wanted.
    if (thread == 0u && previous.y == nothing.y) {
      out[result + rank] = 0xff800000u;
      out[result + p.count + rank] = nothing.y;
    }
  }
}
`,
  }));
};
