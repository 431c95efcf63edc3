// Requests a device with those features and limits of the adapter that the kernels use.
import { RondoError } from '@rondo/errors';
import { adapterHint, findGpu } from '#platform';
import type { Operands } from './kernels/operands.ts';

/** Properties of a device that the kernels depend on. */
export interface DeviceTraits {
  /** Largest buffer that a kernel can bind, in bytes. */
  readonly bufferBytes: number;
  readonly workgroupBytes: number;
  /** The most workgroups that a dispatch has in one dimension. */
  readonly workgroups: number;
  readonly subgroups: boolean;
  /** The number format of weights and activations in products. */
  readonly operands: Operands;
  readonly timestamps: boolean;
}

/** A device and its properties. */
export interface OpenDevice {
  readonly device: GPUDevice;
  /** Whether the backend opened the device, and closes it on dispose. */
  readonly owned: boolean;
  /** A readable name of the adapter. */
  readonly description: string;
  readonly traits: DeviceTraits;
}

/** The requested device; see `WebGpuOptions`. */
export interface DeviceOptions {
  readonly gpu: GPU | undefined;
  readonly device: GPUDevice | undefined;
  readonly powerPreference: GPUPowerPreference;
  readonly maximumBufferBytes: number;
  readonly subgroups: boolean;
  readonly float16: boolean;
}

/** The most bytes of a buffer: offsets into weights are 32-bit numbers of bytes. */
const ADDRESSABLE_BYTES = 2 ** 32 - 2 ** 16;

/** The language feature that has `unpack4xU8`. */
const PACKED_BYTES = 'packed_4x8_integer_dot_product';
/** Useful workgroups on a software adapter. It creates a fiber for every few threads, and fibers cost more than the work. */
const SOFTWARE_WORKGROUPS = 2;

/** Opens a device. @throws RondoError `UNSUPPORTED` without WebGPU, without an adapter, or if the adapter grants no device */
export async function openDevice(options: DeviceOptions): Promise<OpenDevice> {
  const gpu = options.gpu ?? (await findGpu());
  if (!gpu) throw new RondoError('UNSUPPORTED', `There is no WebGPU here. ${adapterHint}`);
  // The first browsers with WebGPU lack this field, although the type declares the field.
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
