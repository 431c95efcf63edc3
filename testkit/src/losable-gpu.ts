// A WebGPU whose devices a test can lose, as a driver that is reset would.

/** A WebGPU, and how to lose what it gave. */
export interface LosableGpu {
  readonly gpu: GPU;
  /** Devices given so far. */
  readonly devices: readonly GPUDevice[];
  /** Tells of the last device that it is lost. */
  lose(reason: GPUDeviceLostReason): void;
}

/** `gpu`, with devices that can be lost. */
export function losableGpu(gpu: GPU): LosableGpu {
  const devices: GPUDevice[] = [];
  let lose: (info: GPUDeviceLostInfo) => void = () => {};
  return {
    devices,
    lose: (reason) => lose({ reason, message: 'a test took it away' } as GPUDeviceLostInfo),
    gpu: {
      wgslLanguageFeatures: gpu.wgslLanguageFeatures,
      async requestAdapter() {
        const adapter = await gpu.requestAdapter();
        if (!adapter) return null;
        return {
          features: adapter.features,
          limits: adapter.limits,
          async requestDevice(descriptor: GPUDeviceDescriptor) {
            const device = await adapter.requestDevice(descriptor);
            const { promise, resolve } = Promise.withResolvers<GPUDeviceLostInfo>();
            void device.lost.then(resolve);
            Object.defineProperty(device, 'lost', { value: promise });
            lose = resolve;
            devices.push(device);
            return device;
          },
        } as unknown as GPUAdapter;
      },
    } as unknown as GPU,
  };
}
