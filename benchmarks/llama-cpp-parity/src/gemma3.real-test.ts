// Gemma 3 270M, real weights in Q4_K_M, beside llama.cpp on the same file: windows, normalized queries and keys, and a vocabulary
// of 262,144 tokens.
import { realModelSuite } from './real-model-suite.ts';

realModelSuite('gemma3', {
  title: 'Gemma 3 270M in Q4_K_M',
  continued: 12,
  steps: 24,
  // Its activations have outliers: rounded to 8 bits, they move the logits of either engine by 0.3.
  agreement: 0.9,
  windowTokens: 512,
  liveWindows: 1,
  streamedIn: '96MiB',
  characters: 4400,
  // On 2026-11-28.
  llamaCppWhole: { perplexity: 12.801, tokens: 510 },
});
