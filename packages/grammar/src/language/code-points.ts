// Sets of Unicode scalar values, as sorted ranges.

/** Disjoint, sorted ranges: first, last, first, last and so on, both included. Surrogates are never members. */
export type CodePoints = readonly number[];

const last = 0x10ffff;
const firstSurrogate = 0xd800;
const lastSurrogate = 0xdfff;

/** Every Unicode scalar value. */
export const anyCodePoint: CodePoints = [0, firstSurrogate - 1, lastSurrogate + 1, last];

/** The set of ranges in any order, which may overlap. Surrogates are left out. */
export function codePoints(...ranges: readonly (readonly [number, number])[]): CodePoints {
  return codePointsOf(ranges);
}

/** As `codePoints`, for a list of any length. */
export function codePointsOf(ranges: readonly (readonly [number, number])[]): CodePoints {
  const sorted = ranges.filter(([first, end]) => first <= end).toSorted(([a], [b]) => a - b);
  const merged: number[] = [];
  for (const [first, end] of sorted) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before + 1) merged[merged.length - 1] = Math.max(before, end);
    else merged.push(first, end);
  }
  return withoutSurrogates(merged);
}

/** The set of the characters of a text. */
export function charactersOf(text: string): CodePoints {
  return codePointsOf(Array.from(text, (one) => [one.codePointAt(0) ?? 0, one.codePointAt(0) ?? 0] as const));
}

/** All members of any of the sets. */
export function union(...sets: readonly CodePoints[]): CodePoints {
  return unionOf(sets);
}

/** As `union`, for a list of any length. */
export function unionOf(sets: readonly CodePoints[]): CodePoints {
  return codePointsOf(sets.flatMap((set) => rangesOf(set)));
}

/** All scalar values that are no members. */
export function complement(set: CodePoints): CodePoints {
  const ranges: [number, number][] = [];
  let next = 0;
  for (const [first, end] of rangesOf(set)) {
    if (first > next) ranges.push([next, first - 1]);
    next = end + 1;
  }
  if (next <= last) ranges.push([next, last]);
  return codePointsOf(ranges);
}

/** The members of both sets. */
export function intersection(a: CodePoints, b: CodePoints): CodePoints {
  return complement(union(complement(a), complement(b)));
}

/** The members of `a` that are no members of `b`. */
export function difference(a: CodePoints, b: CodePoints): CodePoints {
  return intersection(a, complement(b));
}

/** The ranges as pairs. */
export function rangesOf(set: CodePoints): [number, number][] {
  const ranges: [number, number][] = [];
  for (let i = 0; i + 1 < set.length; i += 2) ranges.push([set[i] ?? 0, set[i + 1] ?? 0]);
  return ranges;
}

function withoutSurrogates(ranges: readonly number[]): CodePoints {
  const kept: number[] = [];
  for (let i = 0; i + 1 < ranges.length; i += 2) {
    const first = ranges[i] ?? 0;
    const end = ranges[i + 1] ?? 0;
    if (first < firstSurrogate) kept.push(first, Math.min(end, firstSurrogate - 1));
    if (end > lastSurrogate) kept.push(Math.max(first, lastSurrogate + 1), end);
  }
  return kept;
}
