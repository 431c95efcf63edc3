// llama.cpp, native, with the model's file mapped into memory: the prebuilt binaries of node-llama-cpp on the CPU.
import { readFile } from 'node:fs/promises';
import { getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';
import type { Engine, EngineOptions } from './engine.ts';

/** Loads a model as node-llama-cpp does by default, except for the context. */
export async function openLlamaCpp({ path, threads, contextTokens }: EngineOptions): Promise<Engine> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
  });
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0, useMmap: true });
  const runs = await model.createContext({ contextSize: contextTokens, sequences: 1, threads });
  const sequence = runs.getSequence();
  return {
    loaded: { weightBytes: 0, weightRoomBytes: 0 },
    async run({ prompts, tokens }) {
      const [prompt = []] = prompts;
      if (typeof prompt === 'string' || prompts.length > 1)
        throw new Error('llama.cpp takes one list of ids.');
      await sequence.clearHistory();
      const startMs = performance.now();
      const bytesAtStart = await bytesReadByProcess();
      let [count, firstMs, lastMs, bytesAtFirst] = [0, 0, 0, 0];
      for await (const _ of sequence.evaluate(prompt as Token[], { temperature: 0 })) {
        lastMs = performance.now();
        if (count === 0) {
          firstMs = lastMs;
          bytesAtFirst = await bytesReadByProcess();
        }
        if (count++ === tokens) break;
      }
      return {
        firstTokenMs: firstMs - startMs,
        firstTokenBytesRead: bytesAtFirst - bytesAtStart,
        tokens: count - 1,
        decodeMs: lastMs - firstMs,
        bytesRead: (await bytesReadByProcess()) - bytesAtFirst,
        passes: undefined,
      };
    },
    async close() {
      await runs.dispose();
      await model.dispose();
      await llama.dispose();
    },
  };
}

/** Bytes that the process has read from the disk, including pages of mapped files; 0 if the system does not report them. */
async function bytesReadByProcess(): Promise<number> {
  const counts = await readFile('/proc/self/io', 'utf8').catch(() => '');
  return Number(/^read_bytes: (\d+)$/m.exec(counts)?.[1] ?? 0);
}
