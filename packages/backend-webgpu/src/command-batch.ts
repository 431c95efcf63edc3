// Turns work into command buffers: parameters, data, bind groups and dispatches. Work that is added in one turn of the event
// loop shares a command buffer. `submission.ts` handles order and leases.
import { RondoError } from '@rondo/errors';
import { afterThisTurn } from '#platform';
import { DATA, SCRATCH, type Dispatch } from './dispatch.ts';
import type { Kernel } from './kernels/kernel.ts';
import { lower } from './operations/index.ts';
import { usage, type GpuBuffer } from './memory.ts';
import type { Operation } from './operations/operation.ts';
import { parameterBytes } from './pipelines.ts';
import type { Placement } from './place.ts';
import type { Profiler } from './profiler.ts';
import type { Session } from './session.ts';
import { createTables } from './tables.ts';
import { createWorkspace, growingBuffer } from './workspace.ts';

/** Operations to run, fused and placed. */
export interface Work {
  readonly operations: readonly Operation[];
  readonly placement: Placement;
}

/** Collects work, and submits the work to the device's queue. */
export interface CommandBatch {
  /**
   * Adds work after the work that was added before. Resolves when the device has executed the added work.
   *
   * @throws RondoError `OUT_OF_MEMORY`, `BACKEND_FAILED`, `BAD_ARGUMENT` for a weight that is in no slot; the rest of
   * the batch continues, except for work that the device refuses
   */
  add(work: Work): Promise<void>;
  /** Submits the added work now instead of at the end of the turn of the event loop. */
  flush(): void;
}

/** Called for each command buffer with its number of dispatches. */
export type OnCommandBuffer = (dispatches: number) => void;

interface Entry {
  readonly work: Work;
  resolve(): void;
  reject(error: unknown): void;
}

/** The buffers of a batch that dispatches refer to by name. */
type SharedBuffers = Readonly<Record<typeof DATA | typeof SCRATCH, GpuBuffer>>;

/** Dynamic offsets of parameters are multiples of this number of bytes on all devices. */
const PARAMETER_STRIDE = 256;

/** An empty batch with its own workspace. */
export function createCommandBatch(
  session: Session,
  profiler: Profiler | undefined,
  onCommandBuffer: OnCommandBuffer,
): CommandBatch {
  const { device, memory, pipelines, traits } = session;
  const workspace = createWorkspace(memory, (from, to) => {
    const commands = device.createCommandEncoder();
    commands.copyBufferToBuffer(from.buffer, 0, to.buffer, 0, from.bytes);
    device.queue.submit([commands.finish()]);
  });
  const uniforms = growingBuffer(memory, { flags: usage.uniform | usage.copyDestination, spare: 2 });
  const data = growingBuffer(memory, { spare: 2 });
  const scratch = growingBuffer(memory);
  const tables = createTables(session);
  let entries: Entry[] = [];

  /** Lowers the work of a batch in order, and collects the tables and the scratch memory that the whole batch needs. */
  function createLowering() {
    const chunks: Uint32Array[] = [];
    const known = new Map<ArrayBufferLike, number>();
    let words = 0;
    let scratchBytes = 0;
    return {
      lower({ operations, placement }: Work): readonly Dispatch[] {
        const temporaries = workspace.ensure(placement.sizes);
        const dispatches = operations.flatMap((operation) =>
          lower(operation, {
            traits,
            bufferOf(region) {
              const buffer = region.buffer ?? temporaries[placement.places.get(region) ?? -1];
              if (!buffer) throw new RangeError('A temporary was given no place.');
              return buffer;
            },
            table: tables,
            data(chunk) {
              const start = known.get(chunk.buffer) ?? words;
              if (start === words) {
                known.set(chunk.buffer, start);
                chunks.push(chunk);
                words += chunk.length;
              }
              return start;
            },
            scratch(bytes) {
              scratchBytes = Math.max(scratchBytes, bytes);
              return SCRATCH;
            },
          }),
        );
        for (const { buffers } of dispatches)
          for (const buffer of Object.values(buffers))
            if (typeof buffer !== 'string' && buffer.error) throw buffer.error;
        return dispatches;
      },
      /** Uploads the tables, and returns them with the scratch memory. */
      provide(): SharedBuffers {
        const all = new Uint32Array(words);
        let at = 0;
        for (const chunk of chunks) {
          all.set(chunk, at);
          at += chunk.length;
        }
        const shared = { [DATA]: data(all.byteLength), [SCRATCH]: scratch(scratchBytes) };
        device.queue.writeBuffer(shared[DATA].buffer, 0, all);
        return shared;
      },
    };
  }

  function writeParameters(dispatches: readonly Dispatch[]): GpuBuffer {
    const bytes = new ArrayBuffer(dispatches.length * PARAMETER_STRIDE);
    const view = new DataView(bytes);
    for (const [index, { kernel, parameters }] of dispatches.entries())
      writeInto(view, index * PARAMETER_STRIDE, kernel, parameters);
    const buffer = uniforms(bytes.byteLength);
    device.queue.writeBuffer(buffer.buffer, 0, bytes);
    return buffer;
  }

  /** Submits one command buffer with one compute pass; with a profiler, one pass for each dispatch. */
  function submit(dispatches: readonly Dispatch[], shared: SharedBuffers): void {
    if (dispatches.length === 0) return;
    const parameters = writeParameters(dispatches);
    const commands = device.createCommandEncoder();
    let pass = profiler ? undefined : commands.beginComputePass();
    for (const [index, dispatch] of dispatches.entries()) {
      const { kernel, workgroups } = dispatch;
      if (profiler) pass = commands.beginComputePass(profiler.measure(kernel.name));
      pass?.setPipeline(pipelines.pipeline(kernel).pipeline);
      pass?.setBindGroup(0, pipelines.bindGroup(kernel, parameters, buffersOf(dispatch, shared)), [
        index * PARAMETER_STRIDE,
      ]);
      pass?.dispatchWorkgroups(...workgroups);
      if (profiler) pass?.end();
    }
    if (!profiler) pass?.end();
    profiler?.resolve(commands);
    device.queue.submit([commands.finish()]);
    onCommandBuffer(dispatches.length);
  }

  /** Submits the batch at once. Resolves when the device has executed the batch. */
  async function run(batch: readonly Entry[]): Promise<void> {
    if (session.ended) throw session.ended;
    // All entries get their temporaries before the first entry is lowered: growth replaces a buffer, and lowered operations
    // would still refer to the old buffer.
    const lowering = createLowering();
    const placed = attempt(batch, ({ placement }) => workspace.ensure(placement.sizes));
    const lowered = attempt(
      placed.map(({ entry }) => entry),
      lowering.lower,
    );
    submit(
      lowered.flatMap(({ result }) => result),
      lowering.provide(),
    );
    await session.finished();
  }

  function flush(): void {
    const batch = entries;
    entries = [];
    if (batch.length === 0) return;
    device.pushErrorScope('validation');
    const done = run(batch);
    const refusal = device.popErrorScope();
    void done
      .then(() => refusal)
      .then((refused) => {
        if (refused)
          throw new RondoError('BACKEND_FAILED', `The GPU device refused work: ${refused.message}`, {
            cause: refused,
          });
      })
      .then(
        () => {
          for (const { resolve } of batch) resolve();
        },
        (error: unknown) => {
          for (const { reject } of batch) reject(error);
        },
      );
  }

  return {
    add(work) {
      if (session.ended) return Promise.reject(session.ended);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      if (entries.length === 0) afterThisTurn(flush);
      entries.push({ work, resolve, reject });
      return promise;
    },
    flush,
  };
}

/** The results of a step for each entry; an entry whose step fails is rejected. */
function attempt<Result>(
  entries: readonly Entry[],
  step: (work: Work) => Result,
): { entry: Entry; result: Result }[] {
  return entries.flatMap((entry) => {
    try {
      return [{ entry, result: step(entry.work) }];
    } catch (error) {
      entry.reject(error);
      return [];
    }
  });
}

function buffersOf({ kernel, buffers }: Dispatch, shared: SharedBuffers): GpuBuffer[] {
  return Object.keys(kernel.bindings).map((name) => {
    const given = buffers[name];
    const buffer = typeof given === 'string' ? shared[given] : given;
    if (!buffer) throw new RangeError(`${kernel.name} was given no buffer "${name}".`);
    return buffer;
  });
}

function writeInto(
  view: DataView,
  start: number,
  kernel: Kernel,
  parameters: Readonly<Record<string, number>>,
): void {
  if (parameterBytes(kernel) > PARAMETER_STRIDE)
    throw new RangeError(`${kernel.name} has too many parameters.`);
  for (const [index, [name, type]] of Object.entries(kernel.parameters).entries()) {
    const value = parameters[name] ?? 0;
    if (type === 'f32') view.setFloat32(start + index * 4, value, true);
    else view.setUint32(start + index * 4, value, true);
  }
}
