// The page `docs/architectures.md` is checked as a whole by `test:real`. Here its columns of quantized types are compared
// with the results of the synthetic models, which run without real weights.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { TinyModel } from '@rondo/testkit';
import { architecturesPage, claims, type ShownModel } from './architectures-table.ts';
import { readQuantizedResults } from './quantized-architectures.ts';

const page = new URL('../../../docs/architectures.md', import.meta.url);

/** The rows of the page, without the columns of quantized types. */
function rowsOf(text: string): ShownModel[] {
  const rows = text.split('\n').filter((line) => /^\| [\w.-]+ +\| `/.test(line));
  return rows.map((row) => {
    const [name = '', architecture = '', kind = '', ...cells] = row
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    const filled = Object.keys(claims).flatMap((claim, column) =>
      cells[column] ? [[claim, cells[column]]] : [],
    );
    const model = { name, architecture: architecture.replaceAll('`', ''), kind } as TinyModel;
    return { model, cells: Object.fromEntries(filled) as ShownModel['cells'] };
  });
}

it('docs/architectures.md shows the quantized types that passed beside llama.cpp', async () => {
  const text = await readFile(page, 'utf8');
  const rows = rowsOf(text);
  expect(rows.length).toBeGreaterThan(50);
  expect(architecturesPage(rows, readQuantizedResults())).toBe(text);
});

it('a page without the results of a quantized type differs from docs/architectures.md', async () => {
  const text = await readFile(page, 'utf8');
  const { llama, ...others } = readQuantizedResults();
  expect(llama).toContain('Q8_0');
  expect(architecturesPage(rowsOf(text), { ...others, llama: ['Q4_0'] })).not.toBe(text);
});
