// `instanceof RondoError` is false for an error of a second installed copy of @rondo/errors. Errors must therefore be
// recognized by `isRondoError` everywhere.
import { glob, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The test that shows what `instanceof` does with two copies, and this file. */
const allowed = new Set(['packages/errors/src/is-rondo-error.test.ts', 'testkit/src/error-class.test.ts']);

/** The checks of a source for the class: by its own name, as a member of a module, or by the name of an import. */
function classChecks(text: string): string[] {
  const names = [...text.matchAll(/\bRondoError(?:\s+as|\s*:)\s+(\w+)/g)].map(([, name]) => name);
  const classes = ['RondoError', ...names].join('|');
  const check = new RegExp(
    String.raw`\binstanceof\s+(?:\w+\.)*(?:${classes})\b|\bconstructor\s*===?\s*(?:\w+\.)*(?:${classes})\b`,
    'g',
  );
  return [...text.matchAll(check)].map(([found]) => found.replaceAll(/\s+/g, ' '));
}

it('no source and no README asks for the class RondoError by instanceof', async () => {
  const found: string[] = [];
  let files = 0;
  const paths = glob('{packages,apps,benchmarks,testkit,reference-data,docs}/**/*.{ts,js,md}', {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
  });
  for await (const path of paths) {
    files++;
    if (allowed.has(path.replaceAll('\\', '/'))) continue;
    const text = await readFile(`${root}${path}`, 'utf8');
    for (const check of classChecks(text)) found.push(`${path}: ${check}`);
  }
  expect(files).toBeGreaterThan(500);
  expect(found).toEqual([]);
});

it.each([
  ['if (error instanceof RondoError) throw error;', ['instanceof RondoError']],
  ['error instanceof\n    errors.RondoError', ['instanceof errors.RondoError']],
  ["import { RondoError as Failure } from '@rondo/errors';\nx instanceof Failure", ['instanceof Failure']],
  ['const { RondoError: Failure } = errors; x instanceof Failure', ['instanceof Failure']],
  ['error.constructor === RondoError', ['constructor === RondoError']],
  ['isRondoError(error); new RondoError(code); (error: RondoError) => 1; error instanceof Error', []],
])('checks for the class RondoError are found in: %s', (text, checks) => {
  expect(classChecks(text)).toEqual(checks);
});
