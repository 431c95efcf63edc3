// Compares the two backends with each other and with the reference, on any adapter; in CI on a software adapter.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { cpu } from '@rondo/backend-cpu';
import { supportedDtypes, webgpu } from '@rondo/backend-webgpu';
import { demoModelUrl } from '@rondo/demo-model';
import { encodeGguf, u32 } from '@rondo/gguf';
import { synthesize, synthShapes, withLayers, withMtpBlock } from '@rondo/synth';
import { loadModel, mtp, type Drafter, type SpeculationStrategy } from '@rondo/model';
import { memory as memorySource } from '@rondo/source';
import { reference, type Backend, type Encoder, type LeaseWeight } from '@rondo/tensor';
import { demoModelPath, demoReferencePath } from '@rondo/testkit';
import { losableGpu, testDevice } from '@rondo/testkit/webgpu';
import { afterAll, describe, expect, it } from 'vitest';
import { greedy, perplexityOf } from './demo.ts';
import { measuredOperations, relativeError, resultOf } from './operations.ts';
import { errorBound, float16ErrorBound, greedySteps, perplexityBound, perplexityText } from './bounds.ts';

const shared = await testDevice();

describe.skipIf(!shared)('parity', () => {
  const opened: Backend[] = [];
  const open = async (backend: Promise<Backend>) => {
    opened.push(await backend);
    return backend;
  };
  afterAll(() => Promise.all(opened.map((backend) => backend.dispose())));

  it('every operation on the GPU has a relative error below 1e-4', { timeout: 600_000 }, async () => {
    const gpu = await open(webgpu(shared));
    const exact = reference();
    for (const operation of measuredOperations(supportedDtypes)) {
      const error = relativeError(await resultOf(operation, gpu), await resultOf(operation, exact));
      expect(error, operation.name).toBeLessThan(errorBound);
    }
  });

  it('products in float16 on the GPU have a relative error below 1e-2', { timeout: 600_000 }, async () => {
    const gpu = await open(webgpu({ ...shared, float16: true }));
    const products = measuredOperations(['F16', 'Q4_0', 'Q6_K']).filter(({ name }) =>
      name.includes('matmul'),
    );
    expect(products).toHaveLength(6);
    for (const operation of products) {
      const error = relativeError(await resultOf(operation, gpu), await resultOf(operation, reference()));
      expect(error, operation.name).toBeLessThan(float16ErrorBound);
      // If the operands were not rounded, the bound would say nothing.
      expect(error, operation.name).toBeGreaterThan(1e-5);
    }
  });

  it(
    'the demo model: 64 greedy tokens are the same, in one command buffer, at most 14 dispatches a layer and 4 KiB a token',
    { timeout: 900_000 },
    async () => {
      const path = fileURLToPath(demoModelUrl);
      const onGpu = await greedy(path, await webgpu(shared), greedySteps);
      const onCpu = await greedy(path, await open(cpu()), greedySteps);
      expect(onGpu.ids).toHaveLength(greedySteps);
      expect(onGpu.ids).toEqual(onCpu.ids);
      expect(onGpu.perToken?.commandBuffers).toBe(1);
      expect(onGpu.perToken?.dispatches).toBeLessThanOrEqual(14 * onGpu.layers);
      expect(onGpu.perToken?.readBytes).toBeLessThanOrEqual(4096);
    },
  );

  it(
    'the demo model streams through room for three layers, with the same tokens',
    { timeout: 900_000 },
    async () => {
      const path = fileURLToPath(demoModelUrl);
      const gpu = await open(webgpu({ ...shared, maximumBytes: 4.4e6 }));
      await using model = await loadModel(path, { backend: gpu, context: 128, memory: '4.4MB' });
      expect(model.streams).toBe(true);
      const ids: number[] = [];
      for await (const { tokenId } of model.generate('ROMEO:', { maxTokens: 8, temperature: 0 }))
        if (tokenId !== undefined) ids.push(tokenId);
      const { ids: resident } = await greedy(path, await open(cpu()), 8);
      expect(ids).toEqual(resident);
      expect(model.stats().evictions).toBeGreaterThan(0);
    },
  );

  it.each([
    { name: 'resident', memory: '64MB' },
    { name: 'streamed', memory: '9MB' },
  ] as const)(
    'a model with experts, $name: the same tokens',
    { timeout: 900_000 },
    async ({ name, memory }) => {
      const source = memorySource(
        await encodeGguf(synthesize(synthShapes['tiny-experts'], { dtype: 'F32' })),
      );
      const idsOn = async (backend: Backend) => {
        await using model = await loadModel(source, { backend, context: 64, memory });
        expect(model.streams).toBe(name === 'streamed');
        const ids: number[] = [];
        for await (const { tokenId } of model.generate('so it begins', { maxTokens: 12, temperature: 0 }))
          if (tokenId !== undefined) ids.push(tokenId);
        return ids;
      };
      const onCpu = await idsOn(await open(cpu()));
      expect(onCpu).toHaveLength(12);
      expect(await idsOn(await open(webgpu(shared)))).toEqual(onCpu);
    },
  );

  it(
    'a model that speculates with its MTP block: the same predictions and tokens',
    { timeout: 900_000 },
    async () => {
      const shape = withMtpBlock(withLayers(synthShapes['tiny-qwen35'], 1));
      const keys = { ...shape.keys, full_attention_interval: u32(1) };
      const source = memorySource(await encodeGguf(synthesize({ ...shape, keys }, { dtype: 'F32' })));
      const madeOn = async (backend: Backend) => {
        await using model = await loadModel(source, { backend, context: 64, mtp: true, onWarning() {} });
        const proposed: number[] = [];
        const speculate: SpeculationStrategy = (tokenizer, predictor) => {
          const drafter = mtp({ tokens: 3 })(tokenizer, predictor);
          const propose: Drafter['propose'] = async (...given) => {
            const proposal = await drafter.propose(...given);
            proposed.push(...proposal.ids);
            return proposal;
          };
          return { ...drafter, propose };
        };
        const options = { maxTokens: 4, temperature: 0, speculate };
        const ids: number[] = [];
        for await (const { tokenId } of model.generate([1, 262, 263, 264], options))
          if (tokenId !== undefined) ids.push(tokenId);
        return { ids, proposed };
      };
      const onCpu = await madeOn(await open(cpu()));
      expect(onCpu.proposed.length).toBeGreaterThan(2);
      expect(await madeOn(await open(webgpu(shared)))).toEqual(onCpu);
    },
  );

  it(
    'after the loss of a device during a token, the text continues unchanged',
    { timeout: 900_000 },
    async () => {
      if (!shared) return;
      const path = fileURLToPath(demoModelUrl);
      const { gpu, devices, lose } = losableGpu(shared.gpu);
      const backend = await open(webgpu({ gpu }));
      const submit = backend.submit.bind(backend);
      let submissions = 0;
      const losing = {
        ...backend,
        submit(encoder: Encoder, leaseWeight?: LeaseWeight) {
          const done = submit(encoder, leaseWeight);
          // In the third token, after its layers: the prompt has nine submissions, a token two.
          if (++submissions === 13) lose('unknown');
          return done;
        },
      };
      const { ids } = await greedy(path, losing, 6);
      expect(devices).toHaveLength(2);
      expect(ids).toEqual((await greedy(path, await open(cpu()), 6)).ids);
    },
  );

  for (const quantization of ['q8_0', 'q4_K_M'] as const) {
    it(`${quantization}: perplexity on the GPU within 0.5% of the CPU`, { timeout: 900_000 }, async () => {
      const text = perplexityText(await readFile(demoReferencePath('valid.txt'), 'utf8'));
      const path = demoModelPath(quantization);
      const onCpu = await perplexityOf(path, await open(cpu()), text);
      const onGpu = await perplexityOf(path, await open(webgpu(shared)), text);
      expect(onGpu.tokens).toBe(onCpu.tokens);
      expect(onCpu.tokens).toBeGreaterThan(250);
      expect(Math.abs(onGpu.perplexity / onCpu.perplexity - 1)).toBeLessThan(perplexityBound);
    });
  }
});
