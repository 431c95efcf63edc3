// llama.cpp, native, as a peer: the prebuilt binaries of node-llama-cpp on the CPU.
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import type { Peer, PeerOptions } from './peer.ts';

/** Loads a model as node-llama-cpp does by default. */
export async function openLlamaCpp(modelPath: string, { threads, context }: PeerOptions): Promise<Peer> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
  });
  const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
  const runs = await model.createContext({ contextSize: context, sequences: 1, threads });
  const sequence = runs.getSequence();
  const tokenize = (prompt: string) => {
    const { bos } = model.tokens;
    return bos === null ? model.tokenize(prompt) : [bos, ...model.tokenize(prompt)];
  };
  return {
    async prefill(prompt) {
      await sequence.clearHistory();
      const tokens = tokenize(prompt);
      const startMs = performance.now();
      await sequence.evaluateWithoutGeneratingNewTokens(tokens);
      return { tokens: tokens.length, ms: performance.now() - startMs };
    },
    async decode(prompt, tokens) {
      await sequence.clearHistory();
      let count = 0;
      let firstMs = 0;
      let lastMs = 0;
      for await (const _ of sequence.evaluate(tokenize(prompt), { temperature: 0 })) {
        lastMs = performance.now();
        if (count++ === 0) firstMs = lastMs;
        else if (count > tokens) break;
      }
      return { tokens: count - 1, ms: lastMs - firstMs };
    },
    async close() {
      await runs.dispose();
      await model.dispose();
      await llama.dispose();
    },
  };
}
