// No file imports itself through other files, imports of types included: a circle has no first file to read.
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const importOf = /(?:^|\n)(?:import|export)\b[^;'"]*?from '(\.[^']+)'|import\('(\.[^']+)'\)/g;

/** File -> the files of its own package that it imports. */
async function importsIn(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  return new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, string[]]> => {
        const path = join(folder, name);
        const text = await readFile(path, 'utf8');
        const targets = [...text.matchAll(importOf)].map(([, from, dynamic]) => from ?? dynamic ?? '');
        return [path, targets.map((target) => join(dirname(path), target))];
      }),
    ),
  );
}

/** Groups of files in which each file imports every other through the group. Source: Tarjan 1972, doi:10.1137/0201010. */
function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const indexOf = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  function visit(file: string): number {
    const index = indexOf.size;
    indexOf.set(file, index);
    let low = index;
    stack.push(file);
    const targets = imports.get(file) ?? [];
    for (const target of targets) {
      if (!imports.has(target)) continue;
      if (!indexOf.has(target)) low = Math.min(low, visit(target));
      else if (stack.includes(target)) low = Math.min(low, indexOf.get(target) ?? low);
    }
    lowest.set(file, low);
    if (low === index) {
      const group = stack.splice(stack.indexOf(file));
      if (group.length > 1 || targets.includes(file)) circles.push(group);
    }
    return low;
  }
  for (const file of imports.keys()) if (!indexOf.has(file)) visit(file);
  return circles;
}

const workspaces = ['packages', 'apps', 'benchmarks'];
const folders = (
  await Promise.all(
    workspaces.map(async (workspace) =>
      (await readdir(join(root, workspace))).map((name) => `${workspace}/${name}/src`),
    ),
  )
).flat();

it('a circle of imports is found, and a chain is none', () => {
  const chain = new Map([
    ['a', ['b', 'c']],
    ['b', ['c']],
    ['c', []],
  ]);
  expect(circlesOf(chain)).toEqual([]);
  expect(circlesOf(new Map([...chain, ['c', ['a']]]))).toEqual([['a', 'b', 'c']]);
});

it.each([...folders, 'testkit/src'])('%s has no circle of imports', async (folder) => {
  const imports = await importsIn(join(root, folder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return new Map<string, string[]>();
  });
  const circles = circlesOf(imports).map((circle) => circle.map((file) => relative(root, file)));
  expect(circles).toEqual([]);
});
