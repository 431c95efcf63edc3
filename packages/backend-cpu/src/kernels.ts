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

/** Modules by build. Each build is compiled once, so that a second backend runs code that is already optimized. */
const modules = new Map<string, Promise<WebAssembly.Module>>();

async function compile(build: KernelBuild): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await bytesOf(build));
}

async function built(build: KernelBuild): Promise<KernelBuild & { readonly module: WebAssembly.Module }> {
  const key = `${build.relaxed}, ${build.shared}`;
  const compiling = modules.get(key) ?? compile(build);
  modules.set(key, compiling);
  try {
    return { ...build, module: await compiling };
  } catch (error) {
    modules.delete(key);
    throw error;
  }
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
  const { shared } = options;
  if (options.relaxed !== false) {
    try {
      return await built({ relaxed: true, shared });
    } catch (error) {
      if (options.relaxed || !(error instanceof WebAssembly.CompileError)) throw error;
    }
  }
  return built({ relaxed: false, shared });
}
