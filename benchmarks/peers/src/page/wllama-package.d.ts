// The used part of wllama. Node's module resolution cannot read wllama's own declarations: they import without
// extensions.
declare module '@wllama/wllama/esm/index.js' {
  export interface Timings {
    readonly prompt_n: number;
    readonly prompt_ms: number;
    readonly predicted_n: number;
    readonly predicted_ms: number;
  }

  export class Wllama {
    constructor(paths: { readonly default: string });
    loadModel(
      files: readonly Blob[],
      options: { readonly n_threads: number; readonly n_ctx: number; readonly n_gpu_layers: number },
    ): Promise<void>;
    getNumThreads(): number;
    createCompletion(options: {
      readonly prompt: string;
      readonly max_tokens: number;
      readonly temperature: number;
    }): Promise<{ readonly timings?: Timings }>;
    exit(): Promise<void>;
  }
}
