// Bundles the package for browsers: into one file that a page loads by a plain script tag, and for tests into the chunks that
// a bundler makes of a page.
import { rolldown, type OutputChunk, type Plugin } from 'rolldown';

/** Which files of the packages are bundled: the built files, or the sources, which need no build. */
export type BundledFiles = 'built' | 'sources';

/**
 * Where the demo model lies from `dist/rondo.browser.js` on: on servers of npm packages, and in a `node_modules` folder, the two
 * packages are neighbours.
 */
const DEMO_MODEL = '../../demo-model/data/shakespeare-q8_0.gguf';

/** A bundler moves the code of `@rondo/demo-model`, and the address in it is relative to its code. */
const demoModelBesideThePackage: Plugin = {
  name: 'demo-model-beside-the-package',
  resolveId: (id) => (id === '@rondo/demo-model' ? `\0${id}` : undefined),
  load: (id) =>
    id === '\0@rondo/demo-model'
      ? `export const demoModelUrl = new URL('${DEMO_MODEL}', import.meta.url);`
      : undefined,
};

/**
 * The code of one file that imports nothing.
 *
 * @param entry path of the module whose exports the file has
 */
export async function bundleIntoOneFile(entry: string, files: BundledFiles): Promise<string> {
  const [chunk, ...others] = await bundle(entry, files, {
    plugins: [demoModelBesideThePackage],
    codeSplitting: false,
  });
  if (!chunk || others.length > 0) throw new Error(`${entry} became ${others.length + 1} files.`);
  // Of modules that were imported dynamically and lie in the file now, the file is named.
  const imported = [...chunk.imports, ...chunk.dynamicImports].filter((name) => name !== chunk.fileName);
  if (imported.length > 0) throw new Error(`${entry} still imports ${imported.join(', ')}.`);
  return chunk.code;
}

/** The chunks that a bundler makes of a page, the entry's first. */
export function bundleIntoChunks(
  entry: string,
  files: BundledFiles,
  plugins: readonly Plugin[],
): Promise<readonly OutputChunk[]> {
  return bundle(entry, files, { plugins, codeSplitting: true });
}

async function bundle(
  entry: string,
  files: BundledFiles,
  { plugins, codeSplitting }: { plugins: readonly Plugin[]; codeSplitting: boolean },
): Promise<readonly OutputChunk[]> {
  const build = await rolldown({
    input: entry,
    platform: 'browser',
    plugins: [...plugins],
    resolve: {
      conditionNames: [
        ...(files === 'sources' ? ['rondo-source'] : []),
        'browser',
        'import',
        'module',
        'default',
      ],
    },
    onLog(_level, { message }) {
      throw new Error(`${entry}: ${message}`);
    },
  });
  try {
    const { output } = await build.generate({ format: 'esm', codeSplitting, minify: !codeSplitting });
    return output.filter((one) => one.type === 'chunk');
  } finally {
    await build.close();
  }
}
