// wllama, llama.cpp in WebAssembly, as a peer. It reports the times itself.
/// <reference types="vite/client" />
import { Wllama } from '@wllama/wllama/esm/index.js';
import wasmUrl from '@wllama/wllama/esm/wasm/wllama.wasm?url';
import type { Peer, PeerOptions, Timing } from '../peer.ts';

/** Loads a model with wllama's defaults, on the CPU. */
export async function openWllama(file: Blob, { threads, context }: PeerOptions): Promise<Peer> {
  const wllama = new Wllama({ default: wasmUrl });
  await wllama.loadModel([file], { n_threads: threads, n_ctx: context, n_gpu_layers: 0 });
  if (wllama.getNumThreads() !== threads) throw new Error(`wllama runs ${wllama.getNumThreads()} threads.`);

  async function timingsOf(prompt: string, maxTokens: number) {
    const { timings } = await wllama.createCompletion({ prompt, max_tokens: maxTokens, temperature: 0 });
    if (!timings) throw new Error('wllama told no times.');
    return timings;
  }

  return {
    async prefill(prompt): Promise<Timing> {
      const { prompt_n: tokens, prompt_ms: ms } = await timingsOf(prompt, 1);
      return { tokens, ms };
    },
    async decode(prompt, tokens): Promise<Timing> {
      const { predicted_n: predicted, predicted_ms: ms } = await timingsOf(prompt, tokens + 1);
      // The first token comes from the prompt; the clock starts with it.
      return { tokens: predicted - 1, ms };
    },
    close: () => wllama.exit(),
  };
}
