import { loadModel } from '@rondo/model';
import { hasShared, sharedPath } from '@rondo/testkit';
import { describe, expect, it } from 'vitest';
import { greedyByLlamaCpp } from './llama-cpp.ts';

const prompts = ['ROMEO:', 'To be, or not to be', 'First Citizen:\nBefore we proceed'];
const steps = 48;
/** Below this lead of the best token over the second, engines that round differently may part. */
const tossUp = 0.02;

describe.skipIf(!hasShared('demo-model'))('the demo model, greedy, against llama.cpp on this machine', () => {
  for (const quantization of ['f32', 'f16', 'q8_0', 'q4_0']) {
    it(quantization, async () => {
      const path = sharedPath(`demo-model/shakespeare-${quantization}.gguf`);
      await using model = await loadModel(path);
      const promptIds = prompts.map((prompt) => [...model.tokenizer.encode(prompt)]);
      const references = await greedyByLlamaCpp(path, promptIds, steps);
      for (const [index, { ids, leads }] of references.entries()) {
        const firstTossUp = leads.findIndex((lead) => lead < tossUp);
        const compared = firstTossUp < 0 ? steps : firstTossUp;
        const ours: number[] = [];
        for await (const { tokenId } of model.generate(promptIds[index] ?? [], {
          maxTokens: steps,
          temperature: 0,
        })) {
          if (tokenId !== undefined) ours.push(tokenId);
        }
        expect(ours.slice(0, compared), `${prompts[index]}, first ${compared} tokens`).toEqual(
          ids.slice(0, compared),
        );
      }
    });
  }
});
