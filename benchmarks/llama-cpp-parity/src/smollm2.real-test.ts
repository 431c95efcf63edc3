// SmolLM2-135M-Instruct, real weights in Q4_1, beside llama.cpp on the same file.
import { expect, it } from 'vitest';
import { realModelSuite } from './real-model-suite.ts';

const facts = {
  title: 'SmolLM2-135M-Instruct in Q4_1',
  continued: 50,
  steps: 64,
  agreement: 0.95,
  windowTokens: 512,
  // Rounding moves a token's logarithm by 0.084 (standard deviation): the perplexity of one window by 0.5%, of twelve by 0.15%.
  liveWindows: 12,
  streamedIn: '64MiB',
  // On 2026-11-28.
  llamaCppWhole: { perplexity: 28.1923, tokens: 8670 },
};

realModelSuite('smollm2', facts, (open) => {
  it('chats through its own template, whose default system message is in the prompt', async () => {
    const { model, llamaCpp } = open();
    const chat = model.createChat();
    // Each token of this answer has a lead of 0.9 or more in llama.cpp. Asked for France, llama.cpp leads by 0.06.
    let answer = '';
    let promptTokenIds: readonly number[] = [];
    for await (const part of chat.send('What is the capital of Germany?', {
      temperature: 0,
      maxTokens: 32,
    })) {
      answer += part.text;
      promptTokenIds = part.summary?.promptTokenIds ?? promptTokenIds;
    }
    expect(answer).toBe('The capital of Germany is Berlin.');
    const rendered =
      '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' +
      '<|im_start|>user\nWhat is the capital of Germany?<|im_end|>\n<|im_start|>assistant\n';
    expect(promptTokenIds).toEqual(llamaCpp.tokenize(rendered, true));
  });
});
