// How fast a kernel that only copies moves memory on a device; the reading of weights is compared with it.
import { median } from '@rondo/bench-shared';

/** WebGPU's flags, which Node has no global names for. */
const STORAGE = 0x80;

const THREADS = 256;

/** Each thread copies 16 bytes at a time; neighbouring threads copy neighbouring bytes. */
const code = /* wgsl */ `
@group(0) @binding(0) var<storage, read> source: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4<u32>>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  for (var i = id.x; i < arrayLength(&source); i += groups.x * ${THREADS}u) { target_[i] = source[i]; }
}
`;

/** Bytes read and written a second, in GB/s: the median of `repetitions`, each copying `bytes` eight times. */
export async function copyBandwidth(device: GPUDevice, bytes: number, repetitions: number): Promise<number> {
  const COPIES = 8;
  const [source, target] = [0, 1].map(() => device.createBuffer({ size: bytes, usage: STORAGE }));
  if (!source || !target) throw new RangeError('Two buffers were made.');
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [
      { binding: 0, resource: { buffer: source } },
      { binding: 1, resource: { buffer: target } },
    ],
  });
  const seconds: number[] = [];
  // The first repetition is not counted.
  for (let repetition = 0; repetition <= repetitions; repetition++) {
    const startMs = performance.now();
    const commands = device.createCommandEncoder();
    const pass = commands.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let copy = 0; copy < COPIES; copy++)
      pass.dispatchWorkgroups(Math.min(16_384, Math.ceil(bytes / 16 / THREADS)));
    pass.end();
    device.queue.submit([commands.finish()]);
    await device.queue.onSubmittedWorkDone();
    seconds.push((performance.now() - startMs) / 1000);
  }
  source.destroy();
  target.destroy();
  return (2 * COPIES * bytes) / median(seconds.slice(1)) / 1e9;
}
