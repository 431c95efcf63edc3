// A call takes only as many arguments as the stack has room for, about 120,000. An array that is spread into a call
// therefore ends in "Maximum call stack size exceeded" once a file or a text is large enough. Spreading into calls is
// allowed only if the array is always short, and each such place is listed here.
import { access, readdir, readFile } from 'node:fs/promises';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);

/** Calls with a spread argument, and the limit of the array's length. */
const allowed: Readonly<Record<string, string>> = {
  'free.splice(free.indexOf(best), 1, ...rest)':
    'what is left of a hole before and behind a piece: two at most',
  'pass?.dispatchWorkgroups(...workgroups)': 'the three dimensions of a dispatch',
  'layers.grant(...bytes)': 'the parameters of grant',
  'memory.reserve(...given)': 'the parameters of reserve',
  'generator.next(...given)': 'the parameter of next',
  'of(...args)': 'the parameters of an operation',
  'definitionOf(kind).of(...args)': 'the parameters of an operation',
  '(methods[kind] as (...given: readonly unknown[]) => Tensor)(...args)': 'the parameters of an operation',
  '(e[kind] as (...given: readonly unknown[]) => Tensor)(...args)': 'the parameters of an operation',
  'bools(...pattern)': 'the layers of a published shape',
  'u32s(...pattern.map((isWindowed) => (isWindowed ? kvHeads : kvHeads / 4)))':
    'the layers of a published shape',
  'u32s(...gemma4E2b.pattern.map((_, layer) => (layer < 15 ? 6144 : 12_288)))':
    'the layers of a published shape',
  'u32s(...Array.from({ length: layers }, (_, layer) => (attention.includes(layer) ? count : 0)))':
    'the layers of a published shape',
  'u32s(...Array.from(pattern, (one) => (one === letter ? count : 0)))': 'the layers of a published shape',
  'Math.max(0, ...scales)': 'the groups of a block of 256 values: 16 at most',
  'Math.max(0, ...minima)': 'the groups of a block of 256 values: 16 at most',
};

/** The calls of a source that have a spread argument, or `apply` an array, as written. */
function callsWithSpread(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isCall = ts.isCallExpression(node) || ts.isNewExpression(node);
    if (isCall && (node.arguments?.some(ts.isSpreadElement) || appliesArray(node)))
      found.push(node.getText().replaceAll(/\s+/g, ' '));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `f.apply(that, array)`, `Reflect.apply(f, that, array)`, `Reflect.construct(F, array)`. */
function appliesArray({
  expression,
  arguments: given = ts.factory.createNodeArray(),
}: ts.CallExpression | ts.NewExpression): boolean {
  if (!ts.isPropertyAccessExpression(expression)) return false;
  const { name } = expression;
  if (expression.expression.getText() === 'Reflect')
    return name.text === 'apply' || name.text === 'construct';
  return name.text === 'apply' && given.length === 2;
}

/** The source folders of all packages and apps. */
async function sourceFolders(): Promise<string[]> {
  const folders = await Promise.all(
    ['packages', 'apps'].map(async (kind) => {
      const names = await readdir(new URL(`${kind}/`, root));
      return names.map((name) => `${kind}/${name}/src/`);
    }),
  );
  const withSources = await Promise.all(
    folders.flat().map(async (folder) => ((await exists(folder)) ? [folder] : [])),
  );
  return withSources.flat();
}

const exists = (path: string) =>
  access(new URL(path, root)).then(
    () => true,
    () => false,
  );

async function sourcesOf(folder: string): Promise<string[]> {
  const names = await readdir(new URL(folder, root), { recursive: true });
  return names
    .filter((name) => name.endsWith('.ts') && !name.endsWith('test.ts'))
    .filter((name) => !name.includes('test-support') && !name.startsWith('generated'))
    .map((name) => `${folder}${name}`);
}

it('no array whose length depends on a file or a text is spread into a call', async () => {
  const folders = await sourceFolders();
  expect(folders).toEqual(
    expect.arrayContaining(['packages/model/src/', 'packages/backend-webgpu/src/', 'apps/cli/src/']),
  );
  expect(folders.length).toBeGreaterThan(12);
  const paths = (await Promise.all(folders.map(sourcesOf))).flat();
  const found: string[] = [];
  const unseen = new Set(Object.keys(allowed));
  for (const path of paths) {
    const text = await readFile(new URL(path, root), 'utf8');
    for (const call of callsWithSpread(path, text))
      if (!unseen.delete(call) && !Object.hasOwn(allowed, call)) found.push(`${path}: ${call}`);
  }
  expect(found).toEqual([]);
  expect([...unseen], 'allowed, and written nowhere any more').toEqual([]);
});

it('spread arguments are found in calls and constructors, but not in array literals', () => {
  const text = 'Math.max(...a); new F(1, ...b); list.push(\n  ...c,\n); [...d]; ({ ...e }); f(...(g ?? []));';
  expect(callsWithSpread('a.ts', text)).toEqual([
    'Math.max(...a)',
    'new F(1, ...b)',
    'list.push( ...c, )',
    'f(...(g ?? []))',
  ]);
});

it('arrays that become arguments by apply are found', () => {
  const text =
    'Math.max.apply(null, a); Reflect.apply(f, null, b); Reflect.construct(F, c); f.apply(that); g.call(that, d);';
  expect(callsWithSpread('a.ts', text)).toEqual([
    'Math.max.apply(null, a)',
    'Reflect.apply(f, null, b)',
    'Reflect.construct(F, c)',
  ]);
});
