// Turns encoded work into one command buffer: parameters, data, bind groups and dispatches.
import type { Dispatch } from './dispatch.ts';
import { DATA } from './dispatch.ts';
import type { EncodedWork } from './encoder.ts';
import type { Kernel } from './kernels/kernel.ts';
import { lower } from './lower.ts';
import { STORAGE, usage, type GpuBuffer } from './memory.ts';
import { parameterBytes } from './pipelines.ts';
import type { Profiler } from './profiler.ts';
import type { Session } from './session.ts';
import { createWorkspace } from './workspace.ts';

/** Submits work to one session. */
export interface Submitter {
  /** Puts the work into the queue; returns how many dispatches it took. @throws RondoError `OUT_OF_MEMORY` */
  submit(work: EncodedWork): number;
}

/** Dynamic offsets of parameters are multiples of this on all devices. */
const PARAMETER_STRIDE = 256;

/** A submitter with its own workspace. */
export function createSubmitter(session: Session, profiler: Profiler | undefined): Submitter {
  const { device, memory, pipelines, traits } = session;
  const workspace = createWorkspace(memory);
  let uniforms: GpuBuffer | undefined;
  let data: GpuBuffer | undefined;

  function atLeast(held: GpuBuffer | undefined, bytes: number, flags: number): GpuBuffer {
    if (held && held.bytes >= bytes) return held;
    held?.free();
    return memory.allocate(bytes * 2, flags);
  }

  function lowerAll({ operations, placement }: EncodedWork) {
    const temporaries = workspace.ensure(placement.sizes);
    const chunks: Uint32Array[] = [];
    const known = new Map<ArrayBufferLike, number>();
    let words = 0;
    const dispatches = operations.flatMap((operation) =>
      lower(operation, {
        traits,
        scratch: workspace.scratch,
        bufferOf(region) {
          const buffer = region.buffer ?? temporaries[placement.places.get(region) ?? -1];
          if (!buffer) throw new RangeError('A temporary was given no place.');
          return buffer;
        },
        data(chunk) {
          const start = known.get(chunk.buffer) ?? words;
          if (start === words) {
            known.set(chunk.buffer, start);
            chunks.push(chunk);
            words += chunk.length;
          }
          return start;
        },
      }),
    );
    return { dispatches, chunks, words };
  }

  function writeData(chunks: readonly Uint32Array[], words: number): void {
    if (words === 0) return;
    const all = new Uint32Array(words);
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    data = atLeast(data, all.byteLength, STORAGE);
    device.queue.writeBuffer(data.buffer, 0, all);
  }

  function writeParameters(dispatches: readonly Dispatch[]): GpuBuffer {
    const bytes = new ArrayBuffer(dispatches.length * PARAMETER_STRIDE);
    const view = new DataView(bytes);
    for (const [index, { kernel, parameters }] of dispatches.entries())
      writeInto(view, index * PARAMETER_STRIDE, kernel, parameters);
    uniforms = atLeast(uniforms, bytes.byteLength, usage.uniform | usage.copyDestination);
    device.queue.writeBuffer(uniforms.buffer, 0, bytes);
    return uniforms;
  }

  function buffersOf({ kernel, buffers }: Dispatch): GpuBuffer[] {
    return Object.keys(kernel.bindings).map((name) => {
      const given = buffers[name];
      const buffer = given === DATA ? data : given;
      if (!buffer) throw new RangeError(`${kernel.name} was given no buffer "${name}".`);
      if (buffer.error) throw buffer.error;
      return buffer;
    });
  }

  return {
    submit(work) {
      const { dispatches, chunks, words } = lowerAll(work);
      if (dispatches.length === 0) return 0;
      writeData(chunks, words);
      const parameters = writeParameters(dispatches);
      const commands = device.createCommandEncoder();
      let pass = profiler ? undefined : commands.beginComputePass();
      for (const [index, dispatch] of dispatches.entries()) {
        const { kernel, workgroups } = dispatch;
        if (profiler) pass = commands.beginComputePass(profiler.measure(kernel.name));
        pass?.setPipeline(pipelines.pipeline(kernel).pipeline);
        pass?.setBindGroup(0, pipelines.bindGroup(kernel, parameters, buffersOf(dispatch)), [
          index * PARAMETER_STRIDE,
        ]);
        pass?.dispatchWorkgroups(...workgroups);
        if (profiler) pass?.end();
      }
      if (!profiler) pass?.end();
      profiler?.resolve(commands);
      device.queue.submit([commands.finish()]);
      return dispatches.length;
    },
  };
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
