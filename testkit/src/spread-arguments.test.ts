// A call takes as many arguments as the stack has room for, some 120,000: an array that is spread into one ends in
// "Maximum call stack size exceeded" once a file or a text is large enough. So spreading into calls is allowed only where
// the array is short whatever is read, and each such place stands here.
import { readdir, readFile } from 'node:fs/promises';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);

/** Where what is read decides how long arrays are. */
const folders = ['errors', 'gguf', 'quantize', 'source', 'synth', 'tokenizer'].map(
  (name) => `packages/${name}/src/`,
);

/** Calls with a spread argument, and what bounds the array. */
const allowed: Readonly<Record<string, string>> = {};

/** The calls of a source that have a spread argument, as they are written. */
function callsWithSpread(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const isCall = ts.isCallExpression(node) || ts.isNewExpression(node);
    if (isCall && node.arguments?.some(ts.isSpreadElement))
      found.push(node.getText().replaceAll(/\s+/g, ' '));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

async function sourcesOf(folder: string): Promise<string[]> {
  const names = await readdir(new URL(folder, root), { recursive: true });
  return names
    .filter((name) => name.endsWith('.ts') && !name.endsWith('test.ts') && !name.includes('test-support'))
    .map((name) => `${folder}${name}`);
}

it('no array whose length a file or a text decides is spread into a call', async () => {
  const paths = (await Promise.all([...folders, 'apps/cli/src/'].map(sourcesOf))).flat();
  expect(paths.length).toBeGreaterThan(100);
  const found: string[] = [];
  for (const path of paths) {
    const text = await readFile(new URL(path, root), 'utf8');
    for (const call of callsWithSpread(path, text))
      if (!Object.hasOwn(allowed, call)) found.push(`${path}: ${call}`);
  }
  expect(found).toEqual([]);
});

it('spread arguments are found in calls and constructors, and array literals are none', () => {
  const text = 'Math.max(...a); new F(1, ...b); list.push(\n  ...c,\n); [...d]; ({ ...e }); f(...(g ?? []));';
  expect(callsWithSpread('a.ts', text)).toEqual([
    'Math.max(...a)',
    'new F(1, ...b)',
    'list.push( ...c, )',
    'f(...(g ?? []))',
  ]);
});
