// 40: what a bundler ships to a page. A page that gives a backend ships no other one; the default backend is fetched when a
// model needs it.
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleIntoChunks } from '../scripts/bundle.ts';

/** Paths of the modules of a page that have code in it. */
interface Page {
  /** Fetched before the page's first line runs. */
  readonly first: readonly string[];
  /** Fetched when the page asks for them, if ever. */
  readonly later: readonly string[];
}

async function bundlePage(code: string): Promise<Page> {
  const entry = new URL('page.js', import.meta.url).pathname;
  const page = {
    name: 'page',
    resolveId: (id: string) => (id === entry ? id : undefined),
    load: (id: string) => (id === entry ? code : undefined),
  };
  const chunks = await bundleIntoChunks(entry, 'sources', [page]);
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const first = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  // A set's loop reaches what is added meanwhile.
  for (const name of first) for (const imported of byName.get(name)?.imports ?? []) first.add(imported);
  const modulesOf = (wanted: boolean) =>
    chunks
      .filter(({ fileName }) => first.has(fileName) === wanted)
      .flatMap(({ modules }) => Object.keys(modules).filter((path) => modules[path]?.renderedLength !== 0));
  return { first: modulesOf(true), later: modulesOf(false) };
}

const of = (modules: readonly string[], name: string) =>
  modules.filter((path) => path.includes(`/packages/${name}/`));

describe.each([
  [
    'loads and generates',
    `const model = await loadModel(url, { backend: webgpu() }); await model.generate('x').next();`,
  ],
  [
    'chats',
    `const model = await loadModel(url, { backend: webgpu() }); await model.createChat().send('x').next();`,
  ],
  ['plans', `console.log(await plan(url, { backend: webgpu() }));`],
  ['counts perplexity', `console.log(await perplexity(await loadModel(url, { backend: webgpu() }), 'x'));`],
])('a page that gives webgpu() and %s', (_, use) => {
  let page: Page;
  beforeAll(async () => {
    page = await bundlePage(`
      import { loadModel, perplexity, plan } from '@rondo/model';
      import { webgpu } from '@rondo/backend-webgpu';
      const url = 'model.gguf';
      ${use}`);
  });

  it('ships the WebGPU backend, and nothing of the CPU backend', () => {
    expect(of(page.first, 'backend-webgpu').length).toBeGreaterThan(20);
    expect(of(page.first, 'backend-cpu')).toEqual([]);
  });

  it('can fetch the CPU backend later', () => {
    expect(of(page.later, 'backend-cpu').some((path) => path.endsWith('/generated/plain-shared.ts'))).toBe(
      true,
    );
  });
});

describe('a page that gives no backend', () => {
  let page: Page;
  beforeAll(async () => {
    page = await bundlePage(`import { loadModel } from '@rondo/model'; await loadModel('model.gguf');`);
  });

  it('ships no backend with its first chunk, and no WebGPU at all', () => {
    expect(of(page.first, 'model').length).toBeGreaterThan(20);
    expect(of(page.first, 'backend-cpu')).toEqual([]);
    expect(of([...page.first, ...page.later], 'backend-webgpu')).toEqual([]);
  });
});

it('a page that gives cpu() ships its host code, and one build of the kernels when it runs', async () => {
  const page = await bundlePage(`
    import { loadModel } from '@rondo/model';
    import { cpu } from '@rondo/backend-cpu';
    await loadModel('model.gguf', { backend: cpu() });`);
  expect(of(page.first, 'backend-cpu').some((path) => path.endsWith('/cpu.ts'))).toBe(true);
  const kernels = (modules: readonly string[]) =>
    modules.filter((path) => /(plain|relaxed)-\w+\.ts$/.test(path));
  expect(kernels(page.first)).toEqual([]);
  expect(kernels(page.later)).toHaveLength(4);
});
