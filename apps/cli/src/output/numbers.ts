// Numbers in the form that people read.

/** `12,345`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 token`, `12,345 tokens`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `7.3`, `312`, `2,410`: one decimal below 100, none from 100 on. */
export function rate(value: number): string {
  return value < 100 ? value.toFixed(1) : count(Math.round(value));
}

/** `33%`. */
export function percent(fraction: number): string {
  return `${Math.round(fraction * 100)}%`;
}

/** `312 ms`, `1.24 s`, `73 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}
