// 59: models that are loaded and disposed of in a row take the WebAssembly memory of one, whatever the garbage collector
// does. JavaScript's own heap is left out: V8 makes it larger or smaller as it likes.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const urlOf = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Resident bytes outside of the heap, of a Node of its own, after each of 20 loads, and the first text of each. */
async function loads(loadOptions: string): Promise<{ residentBytes: number[]; texts: string[] }> {
  const program = `
    const { loadModel } = await import(${urlOf('../src/index.ts')});
    const { demoModelUrl } = await import('@rondo/demo-model');
    const residentBytes = [];
    const texts = [];
    for (let load = 0; load < 20; load++) {
      const model = await loadModel(demoModelUrl, { onWarning() {}, ...(${loadOptions})(load) });
      let text = '';
      for await (const part of model.generate('ROMEO:', { maxTokens: 4, temperature: 0 })) text += part.text;
      await model.dispose();
      const { rss, heapTotal } = process.memoryUsage();
      residentBytes.push(rss - heapTotal);
      texts.push(text);
    }
    console.log(JSON.stringify({ residentBytes, texts }));`;
  const { stdout } = await run(
    process.execPath,
    ['--conditions=rondo-source', '--input-type=module', '-e', program],
    { cwd: fileURLToPath(new URL('.', import.meta.url)) },
  );
  return JSON.parse(stdout) as { residentBytes: number[]; texts: string[] };
}

it.each([
  ['in 60 MiB', "() => ({ memory: '60MiB' })"],
  ['in what is free', '() => ({ context: 1024 })'],
  ['in 60 and 40 MiB by turns', "(load) => ({ memory: load % 2 ? '40MiB' : '60MiB' })"],
])('the last of twenty loads %s leaves less than 1.3 times what the first one leaves', async (_, options) => {
  const { residentBytes, texts } = await loads(options);
  expect(residentBytes).toHaveLength(20);
  expect((residentBytes.at(-1) ?? Infinity) / (residentBytes[0] ?? 0)).toBeLessThan(1.3);
  expect(new Set(texts).size).toBe(1);
});
