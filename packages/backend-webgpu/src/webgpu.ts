// The WebGPU backend: a session on a device, encoders and slots behind the Backend interface.
import { checkRuntime, RondoError, shownValue } from '@rondo/errors';
import { elements, mismatch, type Backend, type PersistentTensor, type Shape } from '@rondo/tensor';
import { openDevice } from './device.ts';
import { createEncoder, type GpuEncoder } from './encoder.ts';
import type { GpuTensor } from './gpu-tensors.ts';
import { createKvCache, kvCacheBytes } from './kv-cache.ts';
import { usage } from './memory.ts';
import type { KernelTime } from './kernel-time.ts';
import { createProfiler } from './profiler.ts';
import { createSession } from './session.ts';
import { createSlot, slotBytes } from './slot.ts';
import { createStaging } from './staging.ts';
import { createSubmitter } from './submission.ts';
import { createCommandBatch } from './command-batch.ts';

/**
 * A WebGPU: `navigator.gpu`, or the object that the package `webgpu` creates. This type and {@link WebGpuDevice} have only the
 * members that identify such an object, so that programs without the types of WebGPU compile.
 */
export interface WebGpu {
  /** An adapter, or null if there is no adapter. */
  requestAdapter(options?: object): Promise<unknown>;
}

/** A device of a WebGPU: a `GPUDevice`. */
export interface WebGpuDevice {
  readonly lost: Promise<unknown>;
  readonly features: object;
  readonly limits: object;
}

/** How the WebGPU backend works; everything has a default that fits the platform. */
export interface WebGpuOptions {
  /** The preferred adapter if there are several. Default `'high-performance'`. */
  readonly powerPreference?: 'low-power' | 'high-performance';
  /** Upper bound of the backend's memory on the device, in bytes. Default: none, as WebGPU does not report the memory. */
  readonly maximumBytes?: number;
  /**
   * Bytes of host memory that keep weights after their first read. The device can copy these weights again without the host.
   * Useful for models that fit the host's memory but not the device's memory. These bytes are added to the model's memory
   * budget. Default 0.
   */
  readonly hostMemoryBytes?: number;
  /** Largest buffer to use, in bytes; larger weights are split. Default and maximum: the adapter's limit. */
  readonly maximumBufferBytes?: number;
  /** Whether to use subgroups. Default: true if the adapter has them. */
  readonly subgroups?: boolean;
  /**
   * Whether products round weights and activations to float16, then multiply and sum them in float32. This halves the traffic
   * inside the GPU for prompts. Errors grow from 1e-4 to up to 1e-2, and activations above 65504 become infinite. Uses
   * `shader-f16` if the adapter has it. Default false: the gain has not been measured.
   */
  readonly float16?: boolean;
  /** Whether to measure each kernel. Needs an adapter with timestamps and makes the run slower. Default false. */
  readonly profile?: boolean;
  /** The WebGPU to use. Default: the browser's WebGPU; in Node the WebGPU of the package `webgpu`. */
  readonly gpu?: WebGpu;
  /** The caller's device, with its features and limits. The device stays open after dispose. Default: a new device. */
  readonly device?: WebGpuDevice;
}

/** Counts of a backend's work since it was made. */
export interface WebGpuCounts {
  readonly submissions: number;
  /** Command buffers: one for all submissions of a turn of the event loop, several for a submission that waits for weights. */
  readonly commandBuffers: number;
  readonly dispatches: number;
  /** Bytes of tensors that were read back. */
  readonly readBytes: number;
}

/** The WebGPU backend, with more members than the interface `Backend`. */
export interface WebGpuBackend extends Backend {
  readonly counts: WebGpuCounts;
  /**
   * Opens a new device after the device was lost for an unknown reason. Works once. Tensors, slots and caches made before are
   * lost, and using them rejects. New tensors, slots and caches can be made, and encoders continue to work.
   *
   * @throws RondoError the error that ended the device, if the device was destroyed, was the caller's, or is lost a second
   * time; `CLOSED` after dispose
   */
  restore(): Promise<void>;
  /** Time of each kernel since the last call, the longest first. @throws RondoError `UNSUPPORTED` unless `profile` is on */
  takeProfile(): Promise<readonly KernelTime[]>;
}

/**
 * Opens a GPU.
 *
 * @throws RondoError `UNSUPPORTED` if there is no WebGPU or no adapter, or, with `profile`, no adapter with timestamps;
 * `BAD_ARGUMENT` for options out of range
 */
export async function webgpu(options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  checkRuntime();
  const {
    powerPreference = 'high-performance',
    maximumBytes = Number.POSITIVE_INFINITY,
    hostMemoryBytes = 0,
    maximumBufferBytes = Number.POSITIVE_INFINITY,
    subgroups = true,
    float16 = false,
    profile = false,
  } = options;
  // The types of these two options have only some members of a WebGPU and a device.
  const gpu = options.gpu as GPU | undefined;
  const device = options.device as GPUDevice | undefined;
  for (const [name, value, least] of [
    ['maximumBytes', maximumBytes, 4096],
    ['maximumBufferBytes', maximumBufferBytes, 4096],
    ['hostMemoryBytes', hostMemoryBytes, 0],
  ] as const) {
    if (!(value >= least))
      throw new RondoError('BAD_ARGUMENT', `${name} must be at least ${least}, not ${shownValue(value)}.`);
  }

  async function start() {
    const open = await openDevice({ gpu, device, powerPreference, maximumBufferBytes, subgroups, float16 });
    if (profile && !open.traits.timestamps) {
      if (open.owned) open.device.destroy();
      throw new RondoError(
        'UNSUPPORTED',
        'This adapter has no timestamps: open the backend without profile.',
      );
    }
    const session = createSession(open, { maximumBytes, hostMemoryBytes });
    const profiler = profile ? createProfiler(session.device) : undefined;
    const batch = createCommandBatch(session, profiler, (dispatches) => {
      counts.commandBuffers++;
      counts.dispatches += dispatches;
    });
    return { session, profiler, submitter: createSubmitter(batch) };
  }

  const counts = { submissions: 0, commandBuffers: 0, dispatches: 0, readBytes: 0 };
  let current = await start();
  let restored = false;
  let disposed = false;
  const staging = createStaging();

  function memory() {
    if (current.session.ended) throw current.session.ended;
    return current.session.memory;
  }

  function valuesOf(tensor: PersistentTensor, count: number): { buffer: GPUBuffer; offsetBytes: number } {
    const { region, start } = tensor as PersistentTensor & GpuTensor;
    if (count > elements(tensor.shape) || !region.buffer)
      mismatch(`Access to ${count} values`, { tensor: tensor.shape });
    if (region.buffer.error) throw region.buffer.error;
    return { buffer: region.buffer.buffer, offsetBytes: start * 4 };
  }

  return {
    name: 'webgpu',
    description: current.session.description,
    get bytes() {
      return current.session.memory.bytes;
    },
    maximumBytes,
    counts,
    tensor(shape: Shape) {
      const buffer = memory().allocate(elements(shape) * 4);
      const tensor: PersistentTensor & GpuTensor = {
        shape,
        region: { bytes: elements(shape) * 4, buffer },
        start: 0,
        free: () => buffer.free(),
      };
      return tensor;
    },
    slotBytes: (ranges, alignment) => slotBytes(ranges, alignment, current.session.traits.bufferBytes),
    slot(ranges, alignment) {
      memory();
      return createSlot(current.session, staging, ranges, alignment);
    },
    kvCacheBytes,
    pagedBytes: 0,
    kvCache: (shape) => createKvCache(memory(), shape),
    encoder: () => createEncoder(),
    submit(encoder, leaseWeight) {
      const { session, submitter } = current;
      counts.submissions++;
      return session.run(() => submitter.submit((encoder as GpuEncoder).operations, leaseWeight));
    },
    write(tensor, values) {
      const { session, submitter } = current;
      const write = () => {
        const target = valuesOf(tensor, values.length);
        session.device.queue.writeBuffer(
          target.buffer,
          target.offsetBytes,
          values as Float32Array<ArrayBuffer>,
        );
      };
      return session.run(() => submitter.after(write));
    },
    async read(tensor, rows) {
      const { session, submitter } = current;
      const { device } = session;
      const bytes = (rows === undefined ? elements(tensor.shape) : rows * (tensor.shape.at(-1) ?? 1)) * 4;
      const copy = () => {
        const source = valuesOf(tensor, bytes / 4);
        const target = device.createBuffer({ size: bytes, usage: usage.mapRead | usage.copyDestination });
        const commands = device.createCommandEncoder();
        commands.copyBufferToBuffer(source.buffer, source.offsetBytes, target, 0, bytes);
        device.queue.submit([commands.finish()]);
        return { target, mapped: target.mapAsync(usage.mapRead) };
      };
      return session.run(async () => {
        const { target, mapped } = await submitter.after(copy);
        await mapped;
        const values = new Float32Array(target.getMappedRange().slice(0));
        target.destroy();
        counts.readBytes += bytes;
        return values;
      });
    },
    async restore() {
      const { ended } = current.session;
      if (!ended) return;
      if (restored || disposed || device || ended.details['lost'] !== 'unknown') throw ended;
      restored = true;
      current = await start();
      // dispose() may have been called in the meantime.
      if (disposed) current.session.end(closed());
    },
    async takeProfile() {
      if (!current.profiler)
        throw new RondoError('UNSUPPORTED', 'The backend measures nothing: open it with { profile: true }.');
      return current.profiler.take();
    },
    async dispose() {
      disposed = true;
      current.session.end(closed());
    },
  };
}

const closed = () => new RondoError('CLOSED', 'The WebGPU backend was disposed.');
