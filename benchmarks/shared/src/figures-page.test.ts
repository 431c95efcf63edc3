// The page `docs/figures.md` is made from the committed results. `vitest run -u` writes it anew.
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import {
  figuresPage,
  type BarResults,
  type HeaderResults,
  type ProcessorResults,
  type SimulatedResults,
} from './figures-page.ts';

const root = new URL('../../../', import.meta.url);
const json = async (path: string): Promise<unknown> =>
  JSON.parse(await readFile(new URL(path, root), 'utf8'));

async function resultsOf(benchmark: string): Promise<ProcessorResults[]> {
  const results = `benchmarks/${benchmark}/results`;
  const entries = await readdir(new URL(results, root), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${results}/${name}`);
  const all = folders.toSorted().map(async (folder) => {
    const names = (await readdir(new URL(folder, root))).filter((name) => name.endsWith('.json')).toSorted();
    const files = await Promise.all(names.map((name) => json(`${folder}/${name}`) as Promise<BarResults>));
    const [first] = files;
    if (!first) throw new RangeError(`${folder} has no results.`);
    return { ...first, bars: files.flatMap(({ bars }) => bars), folder, command: `bench:${benchmark}` };
  });
  return Promise.all(all);
}

it('docs/figures.md is what the committed results say', async () => {
  const page = figuresPage({
    processors: [...(await resultsOf('peers')), ...(await resultsOf('streaming'))],
    simulated: (await json('benchmarks/strategies/results/simulated.json')) as SimulatedResults,
    header: (await json('benchmarks/gguf/results/latest.json')) as HeaderResults,
  });
  await expect(page).toMatchFileSnapshot('../../../docs/figures.md');
});
