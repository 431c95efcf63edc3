// Files that other programs wrote in ways of their own: each means what llama.cpp takes it for, or is refused by name.
import { readFile } from 'node:fs/promises';
import { attentionLayers } from '@rondo/architectures';
import {
  encodeGguf,
  f32,
  type MetadataValue,
  readGguf,
  string,
  type TensorToWrite,
  u32,
  u32s,
} from '@rondo/gguf';
import { synthesize, synthShapes } from '@rondo/synth';
import { memory } from '@rondo/source';
import { demoModelPath, demoReferencePath } from '@rondo/testkit';
import { createTokenizer } from '@rondo/tokenizer';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../src/load-model.ts';
import { readModel } from '../src/engine/read-model.ts';
import { demoBytes, edited, greedy } from './support/demo.ts';
import { vocabularyOf } from '../src/engine/vocabulary.ts';

type Metadata = Map<string, MetadataValue>;
type Tensors = Map<string, TensorToWrite>;

async function greedyOf(bytes: Uint8Array, tokens = 16): Promise<number[]> {
  await using model = await loadModel(memory(bytes), { context: 128 });
  return await greedy(model, 'ROMEO:', tokens);
}

/** What the header of a file is read as, warnings included; no weights are. */
async function described(bytes: Uint8Array) {
  const source = memory(bytes);
  return readModel(await readGguf(source), source, {});
}

const demoIds = [198, 40, 451, 716, 288, 11, 503, 11, 291, 451, 716, 288, 13, 198, 198, 833];
const vector = (name: string, length: number): TensorToWrite => ({
  name,
  dtype: 'F32',
  shape: [length],
  data: new Uint8Array(Float32Array.from({ length }, (_, i) => 3 * Math.sin(i)).buffer),
});

describe('ids of special tokens that stand for no token', () => {
  it('2^32 - 1 is read as an absent key, with one warning that names all of them', async () => {
    const names = ['seperator', 'unknown', 'eot', 'eom'];
    const bytes = await edited((metadata) => {
      for (const name of names) metadata.set(`tokenizer.ggml.${name}_token_id`, u32(0xffff_ffff));
    });
    const { warnings } = await described(bytes);
    expect(warnings.map(({ code }) => code)).toEqual(['ODD_TOKENIZER']);
    for (const name of names) expect(warnings[0]?.message).toContain(`tokenizer.ggml.${name}_token_id`);
    expect(await greedyOf(bytes)).toEqual(demoIds);
  });

  it.each<MetadataValue>([
    { type: 'i32', value: -1 },
    { type: 'i64', value: -1n },
    { type: 'u64', value: 2n ** 64n - 1n },
    { type: 'u64', value: 0xffff_ffffn },
  ])('all bits set in another type mean the same: %o', async (value) => {
    const { tokenizer, warnings } = await described(
      await edited((metadata) => metadata.set('tokenizer.ggml.eos_token_id', value)),
    );
    expect(tokenizer.eosId).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  it('an id that is merely outside the vocabulary is refused', async () => {
    const bytes = await edited((metadata) => metadata.set('tokenizer.ggml.eos_token_id', u32(1024)));
    await expect(described(bytes)).rejects.toMatchObject({ code: 'BAD_VOCABULARY' });
  });
});

describe('tensors that the architecture does not use', () => {
  it.each([
    'blk.7.ffn_norm.bias',
    'blk.0.attn_q_norm.weight',
    'blk.3.attn_sinks.weight',
    'blk.0.post_attention_norm.weight',
    'blk.2.ffn_up_shexp.scale',
    'blk.8.attn_norm.weight',
    'output.bias',
    'rope_factors_long.weight',
  ])('%s is refused by name', async (name) => {
    const bytes = await edited((_, tensors) => tensors.set(name, vector(name, 256)));
    await expect(described(bytes)).rejects.toMatchObject({
      code: 'UNUSED_TENSOR',
      message: expect.stringContaining(`"${name}" [256]`),
      details: { name, count: 1 },
    });
  });

  it.each([
    [1, /another text\.$/],
    [2, /another text\. So is another one: output\.2\.bias\.$/],
    [3, /another text\. So are 2 others: output\.2\.bias, output\.3\.bias\.$/],
  ])('%i tensors too many are counted in the message', async (count, message) => {
    const bytes = await edited((_, tensors) => {
      for (let number = 1; number <= count; number++)
        tensors.set(`output.${number}.bias`, vector(`output.${number}.bias`, 256));
    });
    await expect(described(bytes)).rejects.toMatchObject({
      message: expect.stringMatching(message),
      details: { name: 'output.1.bias', count },
    });
  });

  it('divisors of rotary frequencies are used, and accepted', async () => {
    const name = 'rope_freqs.weight';
    const ones = new Uint8Array(new Float32Array(16).fill(1).buffer);
    const { tensors } = await readGguf(memory(await demoBytes()));
    expect(tensors.has(name)).toBe(false);
    const { ropeFactors, warnings } = await described(
      await edited((_, all) => all.set(name, { name, dtype: 'F32', shape: [16], data: ones })),
    );
    expect([ropeFactors.all?.length, warnings]).toEqual([16, []]);
  });

  it.each(['v.blk.0.attn_q.weight', 'mm.0.weight', 'blk.7.nextn.eh_proj.weight'])(
    '%s is not needed for text: it is skipped with a warning',
    async (name) => {
      const bytes = await edited((_, tensors) => tensors.set(name, vector(name, 64)));
      const { warnings } = await described(bytes);
      expect(warnings).toMatchObject([{ code: 'SKIPPED_TENSORS', message: expect.stringContaining(name) }]);
      expect(await greedyOf(bytes, 4)).toEqual(demoIds.slice(0, 4));
    },
  );

  it('a block behind the layers that predicts tokens ahead is skipped with a warning', async () => {
    const bytes = await edited((metadata, tensors) => {
      metadata.set('llama.block_count', u32(9));
      metadata.set('llama.nextn_predict_layers', u32(1));
      for (const name of ['blk.8.attn_norm.weight', 'blk.8.ffn_norm.weight'])
        tensors.set(name, vector(name, 256));
    });
    const { config, warnings } = await described(bytes);
    expect([config.layers.length, warnings.map(({ code }) => code)]).toEqual([8, ['SKIPPED_TENSORS']]);
  });
});

describe('scaling of rotary positions', () => {
  async function ropeOf(entries: Readonly<Record<string, MetadataValue>>) {
    const { config } = await described(
      await edited((metadata) => {
        for (const [key, value] of Object.entries(entries)) metadata.set(`llama.${key}`, value);
      }),
    );
    const [layer] = attentionLayers(config);
    return [layer?.rope?.frequencies[0], layer?.rope?.magnitude];
  }

  it.each<[string, Record<string, MetadataValue>, number, number]>([
    ['a factor without a type is linear', { 'rope.scaling.factor': f32(4) }, 1 / 4, 1],
    ['the old key of the factor counts', { 'rope.scale_linear': f32(4) }, 1 / 4, 1],
    ['the newer key goes first', { 'rope.scale_linear': f32(4), 'rope.scaling.factor': f32(2) }, 1 / 2, 1],
    ['a factor of 0 is none', { 'rope.scaling.type': string('linear'), 'rope.scaling.factor': f32(0) }, 1, 1],
    [
      'a newer key of 0 hides the old one',
      { 'rope.scaling.factor': f32(0), 'rope.scale_linear': f32(4) },
      1,
      1,
    ],
    ['linear without a factor is none', { 'rope.scaling.type': string('linear') }, 1, 1],
    [
      'none leaves the factor out',
      { 'rope.scaling.type': string('none'), 'rope.scaling.factor': f32(4) },
      1,
      1,
    ],
    ['attn_factor multiplies what is rotated', { 'rope.scaling.attn_factor': f32(2) }, 1, 2],
    ['a factor may be a whole number', { 'rope.scaling.factor': u32(8) }, 1 / 8, 1],
  ])('%s', async (_, entries, scale, attention) => {
    expect(await ropeOf(entries)).toEqual([scale, attention]);
  });

  it.each<[string, MetadataValue, string]>([
    ['rope.scaling.factor', f32(-1), 'BAD_CONFIG'],
    ['rope.scale_linear', f32(Number.NaN), 'BAD_CONFIG'],
    ['rope.scaling.attn_factor', f32(0), 'BAD_CONFIG'],
    ['rope.scaling.type', string('su'), 'UNSUPPORTED'],
  ])('%s = %o is refused', async (key, value, code) => {
    await expect(ropeOf({ [key]: value })).rejects.toMatchObject({ code });
  });
});

describe('ids of llama.cpp with scaled positions', () => {
  it.each<[string, Record<string, MetadataValue>, number[]]>([
    ['a factor alone', { 'rope.scaling.factor': f32(4) }, [268, 389, 262, 380, 280, 721, 274, 82]],
    ['the old key alone', { 'rope.scale_linear': f32(4) }, [268, 389, 262, 380, 280, 721, 274, 82]],
    ['a factor of 0', { 'rope.scaling.factor': f32(0) }, [268, 389, 262, 380, 13, 198, 198, 47]],
    ['attn_factor alone', { 'rope.scaling.attn_factor': f32(2) }, [285, 789, 682, 13]],
  ])('%s', async (_, entries, ids) => {
    const bytes = await edited(
      (metadata) => {
        for (const [key, value] of Object.entries(entries)) metadata.set(`llama.${key}`, value);
      },
      await readFile(demoModelPath('f32')),
    );
    const text = (await readFile(demoReferencePath('valid.txt'), 'utf8')).slice(2000, 2400);
    await using model = await loadModel(memory(bytes), { context: 128 });
    const prompt = [...model.tokenizer.encode(text)].slice(0, 100);
    expect(await greedy(model, prompt, ids.length)).toEqual(ids);
  });
});

describe('one number for each layer', () => {
  const keys: readonly [string, number][] = [
    ['llama.attention.head_count', 8],
    ['llama.attention.head_count_kv', 4],
    ['llama.feed_forward_length', 768],
  ];

  it('equal numbers are that number', async () => {
    const plain = await described(await demoBytes());
    const bytes = await edited((metadata) => {
      for (const [key] of keys) {
        const entry = metadata.get(key);
        if (typeof entry?.value !== 'number') throw new TypeError(key);
        metadata.set(key, u32s(...Array<number>(8).fill(entry.value)));
      }
    });
    expect((await described(bytes)).config).toEqual(plain.config);
    expect(await greedyOf(bytes, 8)).toEqual(demoIds.slice(0, 8));
  });

  it.each(keys)('%s of another length is refused with both lengths', async (key, value) => {
    const bytes = await edited((metadata) => metadata.set(key, u32s(...Array<number>(7).fill(value))));
    await expect(described(bytes)).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      details: { key, found: 7, expected: 8 },
    });
  });

  it('numbers that differ are those of their layers, which the shapes of the tensors must match', async () => {
    const values = Array<number>(8).fill(768).with(5, 512);
    const bytes = await edited((metadata) => metadata.set('llama.feed_forward_length', u32s(...values)));
    const { config } = await described(bytes);
    expect(config.layers.map(({ feedForwardWidth }) => feedForwardWidth)).toEqual(values);
    await expect(greedyOf(bytes)).rejects.toMatchObject({
      code: 'BAD_TENSOR_SHAPE',
      details: { name: 'blk.5.ffn_gate.weight', found: [768, 256], expected: [512, 256] },
    });
  });

  it('key heads that do not divide the heads of their layer are refused by the key and the layer', async () => {
    const values = Array<number>(8).fill(4).with(5, 3);
    const bytes = await edited((metadata) => metadata.set('llama.attention.head_count_kv', u32s(...values)));
    await expect(described(bytes)).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      message: expect.stringMatching(/llama\.attention\.head_count_kv.*layer 5/),
    });
  });

  it('biases that the file has are used', async () => {
    const plain = demoIds.slice(0, 8);
    for (const [name, length] of [
      ['blk.0.attn_q.bias', 256],
      ['blk.3.attn_output.bias', 256],
      ['blk.7.ffn_down.bias', 256],
      ['blk.7.ffn_up.bias', 768],
    ] as const) {
      const bytes = await edited((_, tensors) => tensors.set(name, vector(name, length)));
      expect((await described(bytes)).warnings).toEqual([]);
      expect([name, await greedyOf(bytes, 8)]).not.toEqual([name, plain]);
    }
  });

  it('numbers with a fraction are refused', async () => {
    const value: MetadataValue = { type: 'array', of: 'f32', value: new Float32Array(8).fill(4) };
    const bytes = await edited((metadata) => metadata.set('llama.attention.head_count', value));
    await expect(described(bytes)).rejects.toMatchObject({ code: 'BAD_CONFIG' });
  });
});

describe('what is no model', () => {
  it.each<[string, (metadata: Metadata, tensors: Tensors) => void, RegExp]>([
    ['a vocabulary', (_, tensors) => tensors.clear(), /vocabulary without weights/],
    ['mmproj', (metadata) => metadata.set('general.type', string('mmproj')), /encoder of images/],
    ['clip', (metadata) => metadata.set('general.architecture', string('clip')), /encoder of images/],
    ['an adapter', (metadata) => metadata.set('general.type', string('adapter')), /LoRA/],
    ['an older adapter', (metadata) => metadata.set('adapter.type', string('lora')), /LoRA/],
    [
      'an importance matrix',
      (metadata) => {
        metadata.delete('general.architecture');
        metadata.set('general.type', string('imatrix'));
      },
      /importance matrix/,
    ],
  ])('%s is refused by what it is', async (_, change, message) => {
    await expect(described(await edited(change))).rejects.toMatchObject({
      code: 'NOT_A_MODEL',
      message: expect.stringMatching(message),
    });
  });
});

describe('the vocabulary', () => {
  it.each([1023, 1025])(
    '%i tokens for 1024 rows of the embedding are refused with both numbers',
    async (tokens) => {
      const bytes = await edited((metadata) => {
        for (const key of ['tokens', 'token_type', 'scores']) {
          const entry = metadata.get(`tokenizer.ggml.${key}`);
          if (entry?.type !== 'array') continue;
          const more = entry.of === 'string' ? [...entry.value, 'more'] : [...(entry.value as Int32Array), 1];
          const value = more.slice(0, tokens) as never;
          metadata.set(`tokenizer.ggml.${key}`, {
            type: 'array',
            of: entry.of,
            value: entry.of === 'string' ? value : Int32Array.from(value),
          } as MetadataValue);
        }
        metadata.delete('tokenizer.ggml.eot_token_id');
      });
      await expect(described(bytes)).rejects.toMatchObject({
        code: 'BAD_VOCABULARY',
        details: { tokens, rows: 1024 },
      });
    },
  );

  it.each([undefined, ''])('a pre-tokenizer of %j is the default one, with a warning', async (pre) => {
    const bytes = await edited((metadata) => {
      if (pre === undefined) metadata.delete('tokenizer.ggml.pre');
      else metadata.set('tokenizer.ggml.pre', string(pre));
    });
    const { tokenizer, warnings } = await described(bytes);
    expect(warnings.map(({ code }) => code)).toEqual(['ODD_TOKENIZER']);
    expect(tokenizer.encode('ROMEO:')).toHaveLength(3);
  });

  it('a pre-tokenizer that is not known is refused, not taken for the default one', async () => {
    const bytes = await edited((metadata) => metadata.set('tokenizer.ggml.pre', string('default2')));
    await expect(described(bytes)).rejects.toMatchObject({ code: 'UNSUPPORTED_TOKENIZER' });
  });

  it('without scores, the leftmost pair comes first', async () => {
    const { metadata } = synthesize(synthShapes.tiny, { dtype: 'Q4_0' });
    const without = new Map([...metadata].filter(([key]) => key !== 'tokenizer.ggml.scores'));
    const gguf = await readGguf(memory(await encodeGguf({ metadata: without, tensors: [] })));
    expect([...createTokenizer(vocabularyOf(gguf)).encode('tea')]).toEqual([1, 433, 324]);
  });
});
