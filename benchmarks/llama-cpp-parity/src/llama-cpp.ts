// Greedy decoding by llama.cpp, with how far each choice was ahead.
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

/** One greedy continuation. */
export interface GreedyRun {
  readonly ids: readonly number[];
  /** For each step the logit of the chosen token less that of the second best. */
  readonly leads: readonly number[];
}

/**
 * Continues each prompt by `steps` tokens on one thread of the CPU: several wait for each other by spinning, which takes
 * minutes beside other load.
 */
export async function greedyByLlamaCpp(
  path: string,
  prompts: readonly (readonly number[])[],
  steps: number,
): Promise<GreedyRun[]> {
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, maxThreads: 1 });
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  const context = await model.createContext({ contextSize: 512, sequences: 1, threads: 1 });
  const sequence = context.getSequence();
  const runs: GreedyRun[] = [];
  for (const prompt of prompts) {
    await sequence.clearHistory();
    const ids: number[] = [];
    const leads: number[] = [];
    let input = prompt.map((id) => id as Parameters<typeof model.detokenize>[0][number]);
    while (ids.length < steps) {
      const last = input.length - 1;
      const results = await sequence.controlledEvaluate(
        input.map((token, index) =>
          index === last
            ? [token, { generateNext: { probabilities: true, options: { temperature: 0 } } }]
            : token,
        ),
      );
      const [best, second] = [...(results[last]?.next.probabilities ?? [])];
      if (!best || !second) throw new Error('llama.cpp gave no probabilities.');
      ids.push(best[0]);
      leads.push(Math.log(best[1]) - Math.log(second[1]));
      input = [best[0]];
    }
    runs.push({ ids, leads });
  }
  await context.dispose();
  await model.dispose();
  await llama.dispose();
  return runs;
}
