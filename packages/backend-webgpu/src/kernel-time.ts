// The profiler's result for a kernel.

/** Time of one kernel. */
export interface KernelTime {
  readonly kernel: string;
  readonly dispatches: number;
  readonly ms: number;
}
