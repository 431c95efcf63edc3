// Rondo as a peer, both in Node and in a page.
import { cpu } from '@rondo/backend-cpu';
import { loadModel, type ModelSource } from '@rondo/model';
import type { Peer, PeerOptions } from './peer.ts';

/** Loads a model, with all its weights in memory unless they may stream. */
export async function openRondo(source: ModelSource, options: PeerOptions): Promise<Peer> {
  const { threads, context, memory = '3.5GiB', mayStream = false } = options;
  const model = await loadModel(source, { backend: cpu({ threads }), context, memory });
  if (!mayStream && model.streams) throw new Error('The model does not fit the memory.');

  async function run(prompt: string, maxTokens: number) {
    for await (const { summary } of model.generate(prompt, { maxTokens, temperature: 0 }))
      if (summary) return summary;
    throw new Error('The generation has no end.');
  }

  return {
    async prefill(prompt) {
      const { promptTokenIds, timings } = await run(prompt, 1);
      return { tokens: promptTokenIds.length, ms: timings.prefillMs };
    },
    async decode(prompt, tokens) {
      const { timings } = await run(prompt, tokens + 1);
      return { tokens: timings.tokenMs.length, ms: timings.decodeMs };
    },
    close: () => model.dispose(),
  };
}
