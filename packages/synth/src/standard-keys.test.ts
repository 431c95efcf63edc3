import { memory } from '@rondo/source';
import { expect, it } from 'vitest';
import { encodeGguf, type MetadataValue, readGguf, standardKeys } from '@rondo/gguf';
import { synthesize, synthShapes } from './index.ts';

it('standard keys are read by their types, and keys of the architecture under its prefix', async () => {
  const file = await encodeGguf(synthesize(synthShapes.tiny, { dtype: 'Q4_0', name: 'A name' }));
  const { general, model, tokenizer } = standardKeys(await readGguf(memory(file)));
  expect(general).toMatchObject({ architecture: 'llama', name: 'A name', fileType: 2, author: undefined });
  expect(model).toMatchObject({
    blockCount: 3,
    contextLength: 512,
    embeddingLength: 256,
    headCount: 4,
    headCountKv: 2,
    ropeFreqBase: 10_000,
    vocabularySize: 600,
    expertCount: undefined,
  });
  expect(tokenizer).toMatchObject({ model: 'llama', bosTokenId: 1, eosTokenId: 2, addBosToken: true });
  expect(tokenizer.tokens).toHaveLength(600);
  expect(tokenizer.scores).toBeInstanceOf(Float32Array);
  expect(tokenizer.merges).toBeUndefined();
});

it('a standard key of a wrong type, or a missing architecture, is an error that names the key', () => {
  const metadata = new Map<string, MetadataValue>([['general.file_type', { type: 'string', value: 'Q4_0' }]]);
  expect(() => standardKeys({ metadata })).toThrow(/general\.architecture/);
  metadata.set('general.architecture', { type: 'string', value: 'llama' });
  expect(() => standardKeys({ metadata })).toThrow(/general\.file_type/);
});
