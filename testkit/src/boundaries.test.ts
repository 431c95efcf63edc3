// Dependencies point one way. The table below fixes what a package may know. pnpm and the lint check that a package
// imports only what it declares, and nothing from another package's inside.
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const packages = new URL('../../packages/', import.meta.url);

/** Package -> the packages of this repository that it may depend on. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  'demo-model': [],
  source: ['errors'],
  tensor: ['errors'],
  cache: ['errors'],
  tokenizer: ['errors'],
  template: ['errors'],
  grammar: ['errors'],
  gguf: ['errors', 'source', 'tensor'],
  architectures: ['errors', 'tensor', 'gguf'],
  quantize: ['errors', 'source', 'tensor', 'gguf'],
  synth: ['errors', 'tensor', 'gguf', 'architectures', 'quantize'],
  prefetch: ['errors', 'cache'],
  'backend-cpu': ['errors', 'tensor'],
  'backend-webgpu': ['errors', 'tensor'],
  model: [
    'errors',
    'architectures',
    'source',
    'gguf',
    'tensor',
    'cache',
    'prefetch',
    'tokenizer',
    'template',
    'grammar',
    'backend-cpu',
    'backend-webgpu',
    'demo-model',
  ],
};

it('each package depends on no more than it may', async () => {
  const folders = await readdir(packages);
  expect(folders.toSorted()).toEqual(Object.keys(allowed).toSorted());
  for (const folder of folders) {
    const text = await readFile(new URL(`${folder}/package.json`, packages), 'utf8');
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
    const own = Object.keys(dependencies).flatMap((name) =>
      name.startsWith('@rondo/') ? name.slice(7) : [],
    );
    expect(
      own.filter((name) => !allowed[folder]?.includes(name)),
      folder,
    ).toEqual([]);
  }
});

/**
 * Room of `packages/model/src` -> the rooms that it may know. Files beside the rooms are the face of the package and know
 * every room; no room knows the face.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  common: [],
  memory: ['common'],
  profile: ['common'],
  weights: ['common', 'memory', 'profile'],
  states: ['common', 'memory'],
  pass: ['common', 'memory', 'profile', 'weights', 'states'],
  sessions: ['common', 'memory', 'pass', 'states'],
  generation: ['common', 'sessions'],
  conversation: ['common', 'generation'],
  engine: ['common', 'memory', 'profile', 'weights', 'states', 'pass', 'sessions', 'generation'],
};

it('each room of @rondo/model knows no more than it may', async () => {
  const source = new URL('model/src/', packages);
  const entries = await readdir(source, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(folders.toSorted()).toEqual(Object.keys(rooms).toSorted());
  const violations: string[] = [];
  for (const room of folders) {
    const names = await readdir(new URL(`${room}/`, source), { recursive: true });
    for (const name of names.filter((one) => one.endsWith('.ts') && !one.endsWith('.test.ts'))) {
      const file = new URL(`${room}/${name}`, source);
      for (const [, specifier = ''] of (await readFile(file, 'utf8')).matchAll(/from '(\.[^']+)'/g)) {
        const [target = ''] = new URL(specifier, file).href.slice(source.href.length).split('/');
        if (target !== room && !rooms[room]?.includes(target))
          violations.push(`${room}/${name} imports ${specifier}`);
      }
    }
  }
  expect(violations).toEqual([]);
});
