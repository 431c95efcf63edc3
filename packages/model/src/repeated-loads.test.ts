// 59: models that are loaded and disposed of in a row take the memory of one, whatever the garbage collector does.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const urlOf = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Resident bytes of a Node of its own after each of 20 loads, and the first text of each. */
async function loads(loadOptions: string): Promise<{ rssBytes: number[]; texts: string[] }> {
  const program = `
    const { loadModel } = await import(${urlOf('index.ts')});
    const { demoModelUrl } = await import('@rondo/demo-model');
    const rssBytes = [];
    const texts = [];
    for (let load = 0; load < 20; load++) {
      const model = await loadModel(demoModelUrl, { onWarning() {}, ...(${loadOptions})(load) });
      let text = '';
      for await (const part of model.generate('ROMEO:', { maxTokens: 4, temperature: 0 })) text += part.text;
      await model.dispose();
      rssBytes.push(process.memoryUsage.rss());
      texts.push(text);
    }
    console.log(JSON.stringify({ rssBytes, texts }));`;
  // JavaScript's own garbage is kept small: V8 makes its young generation larger as it likes.
  const { stdout } = await run(
    process.execPath,
    ['--max-semi-space-size=1', '--conditions=rondo-source', '--input-type=module', '-e', program],
    { cwd: fileURLToPath(new URL('.', import.meta.url)) },
  );
  return JSON.parse(stdout) as { rssBytes: number[]; texts: string[] };
}

it.each([
  ['in 60 MiB', "() => ({ memory: '60MiB' })"],
  ['in what is free', '() => ({ context: 1024 })'],
  ['in 60 and 40 MiB by turns', "(load) => ({ memory: load % 2 ? '40MiB' : '60MiB' })"],
])('the last of twenty loads %s leaves less than 1.3 times what the first one leaves', async (_, options) => {
  const { rssBytes, texts } = await loads(options);
  expect(rssBytes).toHaveLength(20);
  expect((rssBytes.at(-1) ?? Infinity) / (rssBytes[0] ?? 0)).toBeLessThan(1.3);
  expect(new Set(texts).size).toBe(1);
});
