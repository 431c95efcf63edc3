// The demo model on a backend: greedy ids, perplexity, and what the GPU did for a token.
import type { WebGpuCounts } from '@rondo/backend-webgpu';
import { loadModel, perplexity, type Perplexity } from '@rondo/model';
import type { Backend } from '@rondo/tensor';

const PROMPT = 'ROMEO:';
const CONTEXT = 256;

/** A greedy continuation. */
export interface GreedyRun {
  readonly ids: readonly number[];
  /** The work of the GPU for each token after the first; absent for backends that do not count. */
  readonly perToken?: WebGpuCounts | undefined;
  /** Layers of the model. */
  readonly layers: number;
}

type Counting = Backend & { readonly counts?: WebGpuCounts };

/** Continues the prompt by `steps` tokens. */
export async function greedy(path: string, backend: Counting, steps: number): Promise<GreedyRun> {
  await using model = await loadModel(path, { backend, context: CONTEXT, memory: '64MiB' });
  const ids: number[] = [];
  let before: WebGpuCounts | undefined;
  for await (const { tokenId } of model.generate(PROMPT, { maxTokens: steps, temperature: 0 })) {
    if (tokenId !== undefined) ids.push(tokenId);
    if (ids.length === 1 && backend.counts) before ??= { ...backend.counts };
  }
  const { counts } = backend;
  const each = (field: keyof WebGpuCounts) => ((counts?.[field] ?? 0) - (before?.[field] ?? 0)) / (steps - 1);
  return {
    ids,
    layers: model.config.layers.length,
    perToken: counts && {
      submissions: each('submissions'),
      commandBuffers: each('commandBuffers'),
      dispatches: each('dispatches'),
      readBytes: each('readBytes'),
    },
  };
}

/** The perplexity of a text, and the number of its tokens. */
export async function perplexityOf(path: string, backend: Backend, text: string): Promise<Perplexity> {
  await using model = await loadModel(path, { backend, context: CONTEXT, memory: '64MiB' });
  return await perplexity(model, text);
}
