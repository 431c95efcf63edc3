// The CPU backend: an arena, a runner and encoders, put together behind the Backend interface.
import { RondoError } from '@rondo/errors';
import { elements, type Backend, type PersistentTensor, type Shape } from '@rondo/tensor';
import { coreCount } from '#platform';
import { createArena } from './arena.ts';
import type { CpuKvCache, CpuTensor } from './cpu-tensors.ts';
import { createEncoder, type CpuEncoder } from './encoder.ts';
import { loadKernels } from './kernels.ts';
import { kvCacheBytes } from './kv-cache.ts';
import { SCRATCH_BYTES } from './protocol.ts';
import { createInlineRunner, createThreadRunner } from './runner.ts';
import { createSlot, slotBytes } from './slot.ts';

/** How the CPU backend works; everything has a default that fits the platform. */
export interface CpuOptions {
  /**
   * Worker threads. Default `'auto'`: one for each core. Without shared memory (a page that is not cross-origin isolated)
   * the kernels run on the calling thread, whatever is asked for; `0` asks for just that.
   */
  readonly threads?: number | 'auto';
  /** Whether to use relaxed SIMD. Default: where the platform has it. */
  readonly relaxedSimd?: boolean;
  /** Upper bound of the backend's memory in bytes. Default and most: 4 GiB, what one WebAssembly memory can hold. */
  readonly maximumBytes?: number;
}

const GIBIBYTE = 2 ** 30;

/**
 * Starts the CPU backend.
 *
 * @throws RondoError `BAD_ARGUMENT` for options out of range, `UNSUPPORTED` when the platform has no WebAssembly SIMD
 */
export async function cpu(options: CpuOptions = {}): Promise<Backend> {
  const { threads: wanted = 'auto', maximumBytes = 4 * GIBIBYTE } = options;
  if (wanted !== 'auto' && !(Number.isInteger(wanted) && wanted >= 0 && wanted <= 256)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `threads must be 'auto' or a whole number from 0 to 256, not ${wanted}.`,
    );
  }
  if (!(maximumBytes >= 2 ** 20 && maximumBytes <= 4 * GIBIBYTE)) {
    throw new RondoError('BAD_ARGUMENT', `maximumBytes must be from 1 MiB to 4 GiB, not ${maximumBytes}.`);
  }
  const shared = typeof SharedArrayBuffer === 'function' && wanted !== 0;
  const threads = shared ? (wanted === 'auto' ? Math.max(1, coreCount()) : wanted) : 1;
  const kernels = await loadKernels({ shared, relaxed: options.relaxedSimd }).catch((cause: unknown) => {
    throw new RondoError(
      'UNSUPPORTED',
      'This platform cannot run the kernels: it lacks WebAssembly SIMD, or relaxed SIMD.',
      { cause },
    );
  });
  const arena = createArena({ shared, maximumBytes });
  const scratch = Array.from({ length: threads }, () => arena.allocate(SCRATCH_BYTES).address);
  const runner = await (shared ? createThreadRunner : createInlineRunner)({
    module: kernels.module,
    arena,
    scratch,
  });
  let temporaries = arena.allocate(0);
  const inFlight = new Set<Promise<void>>();
  let disposed: Promise<void> | undefined;

  function checkOpen(): void {
    if (disposed) throw new RondoError('CLOSED', 'The CPU backend was disposed.');
  }

  function reserve(bytes: number): { readonly address: number; free(): void } {
    checkOpen();
    const allocation = arena.allocate(bytes);
    let freed = false;
    return {
      address: allocation.address,
      free() {
        if (!freed) arena.free(allocation);
        freed = true;
      },
    };
  }

  function values(tensor: PersistentTensor, count: number): Float32Array {
    const { region, offsetBytes, shape } = tensor as PersistentTensor & CpuTensor;
    if (count > elements(shape) || region.address === undefined) {
      throw new RondoError('BAD_SHAPE', `${count} values were asked of a tensor [${shape.join(', ')}].`);
    }
    return new Float32Array(arena.memory.buffer, region.address + offsetBytes, count);
  }

  return {
    name: 'cpu',
    description: `WebAssembly ${kernels.relaxed ? 'relaxed SIMD' : 'SIMD'}, ${shared ? `${threads} threads` : "the caller's thread"}`,
    get bytes() {
      return arena.bytes;
    },
    maximumBytes,
    tensor(shape: Shape) {
      const bytes = elements(shape) * 4;
      const { address, free } = reserve(bytes);
      const tensor: PersistentTensor & CpuTensor = {
        shape,
        region: { bytes, address },
        offsetBytes: 0,
        free,
      };
      return tensor;
    },
    slotBytes,
    slot(ranges, alignment) {
      checkOpen();
      return createSlot(arena, shared, ranges, alignment);
    },
    kvCacheBytes,
    kvCache(shape) {
      const bytes = kvCacheBytes(shape);
      const { address, free } = reserve(bytes);
      const layerBytes = bytes / shape.layers;
      const regions = Array.from({ length: shape.layers }, (_, layer) => ({
        bytes: layerBytes,
        address: address + layer * layerBytes,
      }));
      const cache: CpuKvCache = { ...shape, bytes, regions, free };
      return cache;
    },
    encoder: () => createEncoder(threads),
    async submit(encoder) {
      checkOpen();
      const { bytes } = (encoder as CpuEncoder).plan();
      if (bytes > temporaries.bytes) {
        // Work in flight still uses the old ones.
        const old = temporaries;
        const pending = [...inFlight];
        temporaries = arena.allocate(bytes);
        void Promise.allSettled(pending).then(() => arena.free(old));
      }
      const commands = (encoder as CpuEncoder).commands(temporaries.address);
      const list = arena.allocate(commands.byteLength);
      new Uint32Array(arena.memory.buffer, list.address, commands.length).set(commands);
      const done = runner.run(list.address).finally(() => arena.free(list));
      inFlight.add(done);
      try {
        await done;
      } finally {
        inFlight.delete(done);
      }
    },
    async write(tensor, data) {
      checkOpen();
      await runner.idle();
      values(tensor, data.length).set(data);
    },
    async read(tensor, rows) {
      checkOpen();
      await runner.idle();
      const count = rows === undefined ? elements(tensor.shape) : rows * (tensor.shape.at(-1) ?? 1);
      return new Float32Array(values(tensor, count));
    },
    dispose() {
      disposed ??= runner.dispose();
      return disposed;
    },
  };
}
