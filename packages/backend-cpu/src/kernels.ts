// Chooses and compiles the build of the kernels that this platform can run.

/** How the kernels were compiled. */
export interface KernelBuild {
  /** Whether the kernels use relaxed SIMD: fused multiply-add and the integer dot product. */
  readonly relaxed: boolean;
  /** Whether the kernels work on a memory that several threads share. */
  readonly shared: boolean;
}

async function bytesOf({ relaxed, shared }: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  const { default: base64 } = await (relaxed
    ? shared
      ? import('./generated/relaxed-shared.ts')
      : import('./generated/relaxed-single.ts')
    : shared
      ? import('./generated/plain-shared.ts')
      : import('./generated/plain-single.ts'));
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/**
 * The compiled kernels. Default of `relaxed`: true if the platform has relaxed SIMD (Safari lacks it, Node 20 hides it).
 *
 * @throws CompileError when the platform lacks SIMD, or lacks relaxed SIMD and `relaxed` is true
 */
export async function loadKernels(options: {
  shared: boolean;
  relaxed?: boolean | undefined;
}): Promise<KernelBuild & { readonly module: WebAssembly.Module }> {
  if (options.relaxed !== false) {
    const build = { shared: options.shared, relaxed: true };
    const bytes = await bytesOf(build);
    if (options.relaxed || WebAssembly.validate(bytes))
      return { ...build, module: await WebAssembly.compile(bytes) };
  }
  const build = { shared: options.shared, relaxed: false };
  return { ...build, module: await WebAssembly.compile(await bytesOf(build)) };
}
