// Pipelines and bind groups of one device. Each is made once: a decoded token reuses the pipelines and bind groups of the
// previous token.
import type { Kernel } from './kernels/kernel.ts';
import type { GpuBuffer } from './memory.ts';

/** A kernel on a device. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/** Pipelines by kernel, and bind groups by kernel and buffers. */
export interface Pipelines {
  pipeline(kernel: Kernel): Pipeline;
  /** Parameters at a dynamic offset in `uniforms`, then the buffers in the order of the kernel's bindings. */
  bindGroup(kernel: Kernel, uniforms: GpuBuffer, buffers: readonly GpuBuffer[]): GPUBindGroup;
  /** Drops the bind groups with this buffer. */
  forget(bufferId: number): void;
}

/** WebGPU's flag for compute shaders; Node has no global name for it. */
const COMPUTE = 0x4;

/** Bytes of a kernel's parameters. */
export const parameterBytes = ({ parameters }: Kernel): number => Object.keys(parameters).length * 4;

const known = new WeakMap<GPUDevice, Pipelines>();

/** The pipelines of a device. */
export function pipelinesOf(device: GPUDevice): Pipelines {
  const pipelines = known.get(device) ?? createPipelines(device);
  known.set(device, pipelines);
  return pipelines;
}

function createPipelines(device: GPUDevice): Pipelines {
  const pipelines = new Map<Kernel, Pipeline>();
  const groups = new Map<string, GPUBindGroup>();
  const groupsOf = new Map<number, Set<string>>();

  function make(kernel: Kernel): Pipeline {
    const layout = device.createBindGroupLayout({
      label: kernel.name,
      entries: [
        {
          binding: 0,
          visibility: COMPUTE,
          buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: parameterBytes(kernel) },
        },
        ...Object.values(kernel.bindings).map(({ access }, index): GPUBindGroupLayoutEntry => ({
          binding: index + 1,
          visibility: COMPUTE,
          buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' },
        })),
      ],
    });
    const pipeline = device.createComputePipeline({
      label: kernel.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: {
        module: device.createShaderModule({ label: kernel.name, code: kernel.code }),
        entryPoint: 'main',
      },
    });
    return { pipeline, layout };
  }

  function pipeline(kernel: Kernel): Pipeline {
    const known = pipelines.get(kernel);
    if (known) return known;
    const made = make(kernel);
    pipelines.set(kernel, made);
    return made;
  }

  return {
    pipeline,
    bindGroup(kernel, uniforms, buffers) {
      const all = [uniforms, ...buffers];
      const key = `${kernel.name}:${all.map(({ id }) => id).join()}`;
      const known = groups.get(key);
      if (known) return known;
      const group = device.createBindGroup({
        label: kernel.name,
        layout: pipeline(kernel).layout,
        entries: all.map(({ buffer }, binding) => ({
          binding,
          resource: binding === 0 ? { buffer, size: parameterBytes(kernel) } : { buffer },
        })),
      });
      groups.set(key, group);
      for (const { id } of all) groupsOf.set(id, (groupsOf.get(id) ?? new Set<string>()).add(key));
      return group;
    },
    forget(bufferId) {
      for (const key of groupsOf.get(bufferId) ?? []) groups.delete(key);
      groupsOf.delete(bufferId);
    },
  };
}
