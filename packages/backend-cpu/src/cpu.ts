// The CPU backend: memories, a runner and encoders behind the Backend interface.
import {
  checkRuntime,
  isRondoError,
  reasonOf,
  RondoError,
  type RondoWarning,
  shownValue,
} from '@rondo/errors';
import { elements, type Backend, type PersistentTensor, type Shape } from '@rondo/tensor';
import { addressSpaceBytes, coreCount, memoryBytes } from '#platform';
import { createArenas, RESERVED_BYTES, type Arenas, type ArenasOptions } from './arenas.ts';
import type { CpuTensor } from './cpu-tensors.ts';
import { createEncoder, type CpuEncoder } from './encoder.ts';
import { freedMemories } from './freed-memories.ts';
import { loadKernels } from './kernels.ts';
import { createKvCache, kvCacheBytes } from './kv-cache.ts';
import { createInlineRunner, createThreadRunner, type Runner } from './runner.ts';
import { createProfiler } from './profiler.ts';
import { createSlot, slotBytes } from './slot.ts';
import { createStations, createSubmitter } from './submitter.ts';

/** How the CPU backend works; everything has a default that fits the platform. */
export interface CpuOptions {
  /**
   * Number of worker threads. `0`: the kernels run on the calling thread. Default `'auto'`: one thread for each core. Without
   * shared memory (a page that is not cross-origin isolated) the kernels always run on the calling thread. If the platform
   * forbids threads, `'auto'` also uses the calling thread and the backend's `warnings` say so; a number is refused.
   */
  readonly threads?: number | 'auto';
  /** Whether to use relaxed SIMD. Default: true if the platform has it. */
  readonly relaxedSimd?: boolean;
  /**
   * Upper bound of the backend's memory in bytes. Default in Node: the memory of the machine or its container, but at least
   * 4 GiB. Default in browsers: 4 GiB. More than `arenaBytes` is split over several WebAssembly memories.
   */
  readonly maximumBytes?: number;
  /**
   * The most bytes of one WebAssembly memory. A slot, and a layer of a cache, must fit into one memory. Default and maximum:
   * 4 GiB. Use less if a platform refuses that much address space in one piece.
   */
  readonly arenaBytes?: number;
  /**
   * The most bytes of memories that are taken over from disposed backends. Such a memory cannot shrink, so a backend that needs
   * little memory should not take a large memory. Default: half of `maximumBytes`; `maximumBytes` for a single memory.
   */
  readonly takenBytes?: number | undefined;
  /** Whether the backend has a `profiler`, which tells what each thread does. Default false: nothing is recorded. */
  readonly profile?: boolean | undefined;
}

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;
/** Address space of a thread with its heap, in bytes: V8 ends the process if a thread has less. */
const THREAD_SPACE_BYTES = 3 * GIBIBYTE;

/**
 * Starts the CPU backend.
 *
 * @throws RondoError `BAD_ARGUMENT` for options out of range, `UNSUPPORTED` when the platform has no WebAssembly SIMD, or
 *   forbids WebAssembly, or forbids the threads that were asked for, `OUT_OF_MEMORY` when the platform has no address space
 */
export function cpu(options: CpuOptions = {}): Promise<Backend> {
  return cpuOn(createArenas, options);
}

/**
 * The backend on memories made by a given function, so that tests choose the memory of each allocation.
 *
 * @internal
 */
export async function cpuOn(
  makeArenas: (options: ArenasOptions) => Arenas,
  options: CpuOptions,
  warnings: readonly RondoWarning[] = [],
): Promise<Backend> {
  checkRuntime();
  const { threads: wanted = 'auto', arenaBytes = 4 * GIBIBYTE } = options;
  const { maximumBytes = Math.max(memoryBytes(), 4 * GIBIBYTE) } = options;
  if (wanted !== 'auto' && !(Number.isInteger(wanted) && wanted >= 0 && wanted <= 256)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `threads must be 'auto' or a whole number from 0 to 256, not ${shownValue(wanted)}.`,
    );
  }
  if (!(arenaBytes >= MEBIBYTE && arenaBytes <= 4 * GIBIBYTE)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `arenaBytes must be from 1 MiB to 4 GiB, not ${shownValue(arenaBytes)}.`,
    );
  }
  if (!((options.takenBytes ?? 0) >= 0)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `takenBytes must be at least 0, not ${shownValue(options.takenBytes)}.`,
    );
  }
  if (!(maximumBytes >= MEBIBYTE && maximumBytes < Infinity)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      `maximumBytes must be at least 1 MiB, not ${shownValue(maximumBytes)}.`,
    );
  }
  const canShare = typeof SharedArrayBuffer === 'function' && wanted !== 0;
  const spaceBytes = addressSpaceBytes();
  // A memory that is taken over already has its address space.
  const memorySpaceBytes = freedMemories.has({
    shared: true,
    maximumBytes: Math.min(arenaBytes, maximumBytes),
  })
    ? 0
    : RESERVED_BYTES;
  const mostThreads = Math.max(0, Math.floor((spaceBytes - memorySpaceBytes) / THREAD_SPACE_BYTES));
  if (canShare && wanted !== 'auto' && wanted > mostThreads) {
    throw new RondoError(
      'OUT_OF_MEMORY',
      `There is address space for ${mostThreads} kernel threads, not for ${wanted}: ${spaceBytes} bytes are left (\`ulimit -v\`). Ask for fewer threads, or leave their number to 'auto'.`,
      { details: { threads: wanted, mostThreads, spaceBytes } },
    );
  }
  const shared = canShare && mostThreads > 0;
  const threads = shared ? (wanted === 'auto' ? Math.min(Math.max(1, coreCount()), mostThreads) : wanted) : 1;
  const kernels = await loadKernels({ shared, relaxed: options.relaxedSimd }).catch((cause: unknown) => {
    throw new RondoError('UNSUPPORTED', `This platform cannot run the kernels: ${whyNoKernels(cause)}`, {
      cause,
    });
  });
  const arenas = makeArenas({
    shared,
    maximumBytes,
    arenaBytes,
    spaceBytes,
    takenBytes: options.takenBytes,
  });
  const profiler = options.profile ? createProfiler(arenas, threads) : undefined;
  let station: ReturnType<typeof createStations>;
  let runner: Runner | undefined;
  let forbidden: RondoError | undefined;
  try {
    station = createStations(arenas, threads, profiler);
    const runnerOptions = { module: kernels.module, arenas, station: station(0), threads };
    runner = shared
      ? await createThreadRunner(runnerOptions).catch((error: unknown) => {
          // The caller did not ask for a number of threads, so the backend works without them, only slower.
          if (wanted !== 'auto' || !isRondoError(error) || error.code !== 'UNSUPPORTED') throw error;
          forbidden = error;
          return undefined;
        })
      : await createInlineRunner(runnerOptions);
  } catch (error) {
    arenas.release(true);
    throw error;
  }
  if (!runner) {
    const reason = String(forbidden?.details['reason']);
    return cpuOn(makeArenas, { ...options, threads: 0 }, [noThreads(reason)]);
  }
  const told =
    shared || wanted === 0
      ? warnings
      : [
          noThreads(
            canShare
              ? 'There is no address space for threads (`ulimit -v`).'
              : 'The page shares no memory with threads, since it is not cross-origin isolated. Send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
          ),
        ];
  const submitter = createSubmitter(arenas, station, runner, profiler);
  let disposed: Promise<void> | undefined;

  function checkOpen(): void {
    if (disposed) throw new RondoError('CLOSED', 'The CPU backend was disposed.');
  }

  function values(tensor: PersistentTensor, count: number): Float32Array {
    const { region, offsetBytes, shape } = tensor as PersistentTensor & CpuTensor;
    if (count > elements(shape) || region.address === undefined) {
      throw new RondoError('BAD_SHAPE', `${count} values were asked of a tensor [${shape.join(', ')}].`);
    }
    const { buffer, byteOffset } = arenas.view(0, region.address + offsetBytes, count * 4);
    return new Float32Array(buffer, byteOffset, count);
  }

  return {
    name: 'cpu',
    warnings: told,
    description: `WebAssembly ${kernels.relaxed ? 'relaxed SIMD' : 'SIMD'}, ${shared ? `${threads} threads` : "the caller's thread"}`,
    get bytes() {
      return arenas.bytes;
    },
    maximumBytes: arenas.maximumBytes,
    tensor(shape: Shape) {
      checkOpen();
      const bytes = elements(shape) * 4;
      const place = arenas.allocateIn(0, bytes);
      let freed = false;
      const tensor: PersistentTensor & CpuTensor = {
        shape,
        region: { bytes, address: place.address },
        offsetBytes: 0,
        free() {
          if (!freed) arenas.free(place);
          freed = true;
        },
      };
      return tensor;
    },
    slotBytes,
    slot(ranges, alignment, atLeastBytes = 0) {
      checkOpen();
      return createSlot(arenas, shared, ranges, alignment, atLeastBytes);
    },
    kvCacheBytes,
    pagedBytes: arenas.pagedBytes,
    kvCache(shape) {
      checkOpen();
      return createKvCache(arenas, shape);
    },
    profiler,
    encoder: () => createEncoder(threads, profiler),
    async submit(encoder, leaseWeight) {
      checkOpen();
      await submitter.submit(encoder as CpuEncoder, leaseWeight);
    },
    async write(tensor, data) {
      checkOpen();
      await submitter.idle();
      values(tensor, data.length).set(data);
    },
    async read(tensor, rows) {
      checkOpen();
      await submitter.idle();
      const count = rows === undefined ? elements(tensor.shape) : rows * (tensor.shape.at(-1) ?? 1);
      return new Float32Array(values(tensor, count));
    },
    dispose() {
      disposed ??= runner.dispose();
      return disposed;
    },
  };
}

function noThreads(reason: string): RondoWarning {
  return {
    code: 'NO_THREADS',
    message: `The kernels run on the caller's thread, which is slower. ${reason}`,
    details: { reason },
  };
}

/** Error text for a platform that cannot compile the kernels: the reason, and what the user can do. */
function whyNoKernels(cause: unknown): string {
  const reason = reasonOf(cause);
  if (/content.security.policy|unsafe-eval/i.test(reason))
    return `its Content-Security-Policy forbids WebAssembly; add 'wasm-unsafe-eval' to its script-src. (${reason})`;
  if (typeof WebAssembly !== 'object') return 'it has no WebAssembly.';
  if (cause instanceof WebAssembly.CompileError)
    return `it lacks WebAssembly SIMD, or relaxed SIMD. (${reason})`;
  return `they could not be loaded; where \`import()\` is forbidden, as in a service worker, build the program into one file. (${reason})`;
}
