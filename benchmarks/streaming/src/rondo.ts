// Rondo in a given memory, streaming or not.
import { cpu } from '@rondo/backend-cpu';
import { loadModel, promptLookup } from '@rondo/model';
import { file, throttle } from '@rondo/source';
import type { Engine, EngineOptions, RunRequest } from './engine.ts';

/** Loads a model. Reads are always direct, because the page cache is not part of the granted memory. */
export async function openRondo(options: EngineOptions): Promise<Engine> {
  const { path, threads, contextTokens, memoryBytes, sessions, bytesPerSecond } = options;
  const opened = await file(path, { direct: true });
  const source = bytesPerSecond === undefined ? opened : throttle(opened, { bytesPerSecond });
  const model = await loadModel(source, {
    backend: cpu({ threads }),
    context: contextTokens,
    kvCacheDtype: 'Q8_0',
    memory: memoryBytes,
    sessions,
  });

  async function run({ prompts, tokens, temperature = 0, lookup = false }: RunRequest) {
    const startMs = performance.now();
    let [firstMs, firstTokenBytesRead] = [0, 0];
    model.resetStats();
    const generateOne = async (prompt: string | readonly number[], index: number) => {
      const generation = model.generate(prompt, {
        maxTokens: tokens + 1,
        temperature,
        seed: index + 1,
        speculate: lookup ? promptLookup() : undefined,
      });
      for await (const { summary } of generation) {
        if (firstMs === 0) {
          firstMs = performance.now();
          firstTokenBytesRead = model.stats().bytesRead;
          model.resetStats();
        }
        if (summary) return summary;
      }
      throw new Error('The generation has no end.');
    };
    const summaries = await Promise.all(prompts.map(generateOne));
    const decodeMs = performance.now() - firstMs;
    const { bytesRead } = model.stats();
    return {
      firstTokenMs: firstMs - startMs,
      firstTokenBytesRead,
      tokens: summaries.reduce((sum, { timings }) => sum + timings.tokenMs.length, 0),
      decodeMs,
      bytesRead,
      passes: summaries[0]?.speculation?.passes,
    };
  }

  return {
    loaded: { weightBytes: model.budget.allWeightBytes, weightRoomBytes: model.budget.weightBytes },
    run,
    async close() {
      await model.dispose();
      await source.close();
    },
  };
}

/** Rondo without a model. */
export async function openRuntime({ threads }: EngineOptions): Promise<Engine> {
  const backend = await cpu({ threads });
  return {
    loaded: { weightBytes: 0, weightRoomBytes: 0 },
    run: () => Promise.reject(new Error('The bare runtime runs nothing.')),
    close: () => backend.dispose(),
  };
}
