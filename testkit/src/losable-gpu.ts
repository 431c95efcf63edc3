// A WebGPU whose devices a test can lose, as after a reset of the driver.

/** A WebGPU, and a way to lose its devices. */
export interface LosableGpu {
  readonly gpu: GPU;
  /** The devices created so far. */
  readonly devices: readonly GPUDevice[];
  /** Reports the last device as lost. */
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
