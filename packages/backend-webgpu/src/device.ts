// Asks the platform for a device with all that the adapter grants and the kernels use. Knows nothing of what is done with it.
import { RondoError } from '@rondo/errors';
import { adapterHint, findGpu } from '#platform';
import type { Operands } from './kernels/operands.ts';

/** What differs between devices and matters to the kernels. */
export interface DeviceTraits {
  /** Largest buffer that a kernel can be given, in bytes. */
  readonly bufferBytes: number;
  readonly workgroupBytes: number;
  /** Workgroups in one dimension that are worth having. */
  readonly workgroups: number;
  readonly subgroups: boolean;
  /** Of products. */
  readonly operands: Operands;
  readonly timestamps: boolean;
}

/** A device and what it can do. */
export interface OpenDevice {
  readonly device: GPUDevice;
  /** Whether the device was opened here, and is closed with the backend. */
  readonly owned: boolean;
  /** The adapter, for people. */
  readonly description: string;
  readonly traits: DeviceTraits;
}

/** What is asked of a device; see `WebGpuOptions`. */
export interface DeviceOptions {
  readonly gpu: GPU | undefined;
  readonly device: GPUDevice | undefined;
  readonly powerPreference: GPUPowerPreference;
  readonly maximumBufferBytes: number;
  readonly subgroups: boolean;
  readonly float16: boolean;
}

/** Offsets into weights are 32-bit numbers of bytes. */
const ADDRESSABLE_BYTES = 2 ** 32 - 2 ** 16;

/** The language feature that has `unpack4xU8`. */
const PACKED_BYTES = 'packed_4x8_integer_dot_product';
/** A processor that plays GPU makes a fiber for every few threads; what follows from that takes longer than the work. */
const SOFTWARE_WORKGROUPS = 2;

/** Opens a device. @throws RondoError `UNSUPPORTED` where there is no WebGPU, no adapter, or none that grants a device */
export async function openDevice(options: DeviceOptions): Promise<OpenDevice> {
  const gpu = options.gpu ?? (await findGpu());
  if (!gpu) throw new RondoError('UNSUPPORTED', `There is no WebGPU here. ${adapterHint}`);
  // Absent from the first browsers with WebGPU, whatever the types say.
  const language: WGSLLanguageFeatures | undefined = gpu.wgslLanguageFeatures;
  if (!language?.has(PACKED_BYTES)) {
    throw new RondoError(
      'UNSUPPORTED',
      `This WebGPU is too old: its WGSL lacks ${PACKED_BYTES}. Update it, or use the CPU backend.`,
    );
  }
  const device = options.device ?? (await requestDevice(gpu, options));
  const { limits, features } = device;
  return {
    device,
    owned: options.device === undefined,
    description: describe(device.adapterInfo),
    traits: {
      bufferBytes: Math.min(
        options.maximumBufferBytes,
        limits.maxBufferSize,
        limits.maxStorageBufferBindingSize,
        ADDRESSABLE_BYTES,
      ),
      workgroups: device.adapterInfo.isFallbackAdapter
        ? SOFTWARE_WORKGROUPS
        : limits.maxComputeWorkgroupsPerDimension,
      workgroupBytes: limits.maxComputeWorkgroupStorageSize,
      subgroups: options.subgroups && features.has('subgroups') && language.has('subgroup_id'),
      operands: !options.float16 ? 'float32' : features.has('shader-f16') ? 'float16' : 'packed',
      timestamps: features.has('timestamp-query'),
    },
  };
}

async function requestDevice(gpu: GPU, { powerPreference, float16 }: DeviceOptions): Promise<GPUDevice> {
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (!adapter) throw new RondoError('UNSUPPORTED', `There is no WebGPU adapter here. ${adapterHint}`);
  const { limits, features } = adapter;
  const wanted: GPUFeatureName[] = ['subgroups', 'timestamp-query'];
  if (float16) wanted.push('shader-f16');
  try {
    return await adapter.requestDevice({
      requiredFeatures: wanted.filter((feature) => features.has(feature)),
      requiredLimits: {
        maxBufferSize: limits.maxBufferSize,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      },
    });
  } catch (cause) {
    throw new RondoError('UNSUPPORTED', `The adapter gave no device. ${adapterHint}`, { cause });
  }
}

function describe({ description, device, architecture, vendor }: GPUAdapterInfo): string {
  const parts = [description, device || architecture, vendor].filter((part) => part !== '');
  return `WebGPU, ${parts.join(', ') || 'an adapter without a name'}`;
}
