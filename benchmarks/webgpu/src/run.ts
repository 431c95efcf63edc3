// Measures a model of random weights on a GPU: resident, and streamed from host memory in less memory than it needs.
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { webgpu, type KernelTime, type WebGpuOptions } from '@rondo/backend-webgpu';
import { readGguf, writeGguf } from '@rondo/gguf';
import { synthesize, synthShapes, type SynthShapeName } from '@rondo/synth';
import { loadModel, type ByteAmount, type Model } from '@rondo/model';
import { file } from '@rondo/source';
import type { DType } from '@rondo/tensor';
import { copyBandwidth } from './copy-bandwidth.ts';

/** What is measured, and how. */
export interface BenchOptions {
  readonly gpu: GPU;
  readonly shape: SynthShapeName;
  readonly dtype: DType;
  /** The folder in which the model is made. */
  readonly folder: string;
  readonly promptTokens: number;
  readonly tokens: number;
  /** The memory of the model when it streams. */
  readonly streamedMemory: ByteAmount;
  readonly copyBytes: number;
  readonly repetitions: number;
  /** Called with a description of each step. */
  readonly onStep: (text: string) => void;
}

/** One run of a model. */
export interface ModelRun {
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
  /** Speed of reading weights, in GB (10^9 bytes) a second. */
  readonly weightGigabytesPerSecond: number;
}

/** All figures. */
export interface BenchResults {
  readonly adapter: string;
  readonly weightBytes: number;
  readonly copyGigabytesPerSecond: number;
  readonly resident: ModelRun;
  /** Resident, with products in float16. */
  readonly float16: ModelRun;
  readonly streamed: ModelRun & { readonly evictions: number };
  /** The kernels of eight tokens, the longest first; empty without timestamps. */
  readonly kernels: readonly KernelTime[];
}

/** Room for the context of the runs. */
const SPARE_TOKENS = 32;
/** Tokens that are generated before measuring, so that every kernel is compiled and the host's memory is filled. */
const WARM_UP_TOKENS = 8;

/** Runs everything. */
export async function run(options: BenchOptions): Promise<BenchResults> {
  const { gpu, onStep, promptTokens, tokens } = options;
  const path = await makeModel(options);
  const weightBytes = await weightBytesOf(path);
  const context = promptTokens + Math.max(tokens, WARM_UP_TOKENS) + SPARE_TOKENS;

  onStep('copying');
  const copyGigabytesPerSecond = await onDevice(gpu, (device) =>
    copyBandwidth(
      device,
      Math.min(options.copyBytes, device.limits.maxStorageBufferBindingSize),
      options.repetitions,
    ),
  );

  async function measure(name: string, memory: ByteAmount, extra: WebGpuOptions) {
    onStep(`loading, ${name}`);
    const backend = await webgpu({ gpu, ...extra });
    try {
      await using model = await loadModel(path, { backend, memory, context });
      onStep(`generating, ${name}`);
      await generate(model, promptTokens, WARM_UP_TOKENS);
      model.resetStats();
      const { firstTokenMs, decodeTokensPerSecond } = await generate(model, promptTokens, tokens);
      return {
        description: backend.description,
        run: {
          firstTokenMs,
          tokensPerSecond: decodeTokensPerSecond,
          weightGigabytesPerSecond: (decodeTokensPerSecond * weightBytes) / 1e9,
        },
        evictions: model.stats().evictions,
      };
    } finally {
      await backend.dispose();
    }
  }

  const resident = await measure('resident', weightBytes * 2 + 2 ** 32, {});
  const float16 = await measure('in float16', weightBytes * 2 + 2 ** 32, { float16: true });
  const streamed = await measure('streamed', options.streamedMemory, { hostMemoryBytes: 2 * weightBytes });
  onStep('measuring kernels');
  return {
    adapter: resident.description,
    weightBytes,
    copyGigabytesPerSecond,
    resident: resident.run,
    float16: float16.run,
    streamed: { ...streamed.run, evictions: streamed.evictions },
    kernels: await profile(path, options, weightBytes * 2 + 2 ** 32, context),
  };
}

/** Kernels of decoding. */
async function profile(
  path: string,
  { gpu, promptTokens }: BenchOptions,
  memory: number,
  context: number,
): Promise<readonly KernelTime[]> {
  const adapter = await gpu.requestAdapter();
  if (!adapter?.features.has('timestamp-query')) return [];
  const backend = await webgpu({ gpu, profile: true });
  try {
    await using model = await loadModel(path, { backend, memory, context });
    await generate(model, promptTokens, 1);
    await backend.takeProfile();
    await generate(model, promptTokens, WARM_UP_TOKENS);
    return await backend.takeProfile();
  } finally {
    await backend.dispose();
  }
}

async function onDevice<Result>(gpu: GPU, use: (device: GPUDevice) => Promise<Result>): Promise<Result> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('The adapter is gone.');
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
  try {
    return await use(device);
  } finally {
    device.destroy();
  }
}

/** Greedy, from a prompt that shares no token with the previous call's prompt. */
async function generate(model: Model, promptTokens: number, tokens: number) {
  const first = 300 + tokens;
  const prompt = Array.from({ length: promptTokens }, (_, i) => first + (i % 200));
  for await (const { summary } of model.generate(prompt, { maxTokens: tokens, temperature: 0 }))
    if (summary) return summary.timings;
  throw new Error('The generation had no end.');
}

async function makeModel({ shape, dtype, folder, onStep }: BenchOptions): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${shape}-${dtype.toLowerCase()}.gguf`);
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) return path;
  onStep(`making ${path}`);
  await writeFile(path, writeGguf(synthesize(synthShapes[shape], { dtype })));
  return path;
}

async function weightBytesOf(path: string): Promise<number> {
  const source = await file(path);
  const { tensors } = await readGguf(source);
  await source.close();
  return [...tensors.values()]
    .filter(({ name }) => name !== 'token_embd.weight')
    .reduce((sum, { bytes }) => sum + bytes, 0);
}
