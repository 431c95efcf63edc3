// `pnpm bench:webgpu`: a model of random weights on this machine's GPU. Needs no network, because it makes the model.
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { synthShapes, type SynthShapeName } from '@rondo/synth';
import { dtypes, type DType } from '@rondo/tensor';
import { testGpu } from '@rondo/testkit/webgpu';
import { render } from './report.ts';
import { run } from './run.ts';

const usage = `Usage: pnpm bench:webgpu [options]
  --shape NAME       ${Object.keys(synthShapes).join(', ')} (default llama-2-7b)
  --quant TYPE       data type of most weights (default q4_0)
  --prompt N         tokens of the prompt (default 128)
  --tokens N         tokens to generate (default 64)
  --streamed SIZE    GPU memory for the streamed run (default 2GB)
  --copy-mib N       MiB that the copy kernel copies (default 1024)
  --folder FOLDER    where the model is made, and kept (default the system's folder for temporary files)
  --out FOLDER       where the results go, named by --label; without it they are only printed
  --label NAME       name of the result files (default latest)`;

const { values: flags } = parseArgs({
  options: {
    shape: { type: 'string', default: 'llama-2-7b' },
    quant: { type: 'string', default: 'q4_0' },
    prompt: { type: 'string', default: '128' },
    tokens: { type: 'string', default: '64' },
    streamed: { type: 'string', default: '2GB' },
    'copy-mib': { type: 'string', default: '1024' },
    folder: { type: 'string', default: join(tmpdir(), 'rondo-bench-webgpu') },
    out: { type: 'string' },
    label: { type: 'string', default: 'latest' },
    help: { type: 'boolean', default: false },
  },
});

const isShape = (name: string): name is SynthShapeName => name in synthShapes;
const isDType = (name: string): name is DType => (dtypes as readonly string[]).includes(name);

if (flags.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const { shape } = flags;
  const dtype = dtypes.find((one) => one.toLowerCase() === flags.quant.toLowerCase()) ?? '';
  if (!isShape(shape) || !isDType(dtype)) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const gpu = await testGpu();
  if (!gpu) {
    process.exitCode = 1;
    return;
  }
  const results = await run({
    gpu,
    shape,
    dtype,
    folder: flags.folder,
    promptTokens: Number(flags.prompt),
    tokens: Number(flags.tokens),
    streamedMemory: flags.streamed,
    copyBytes: Number(flags['copy-mib']) * 2 ** 20,
    repetitions: 5,
    onStep: (text) => console.error(text),
  });
  const text = `${shape}, ${dtype}, prompt of ${flags.prompt} tokens, ${flags.tokens} generated, streamed in ${flags.streamed}\n\n${render(results)}\n`;
  console.log(text);
  if (flags.out === undefined) return;
  await mkdir(flags.out, { recursive: true });
  await writeFile(join(flags.out, `${flags.label}.md`), text);
  await writeFile(join(flags.out, `${flags.label}.json`), `${JSON.stringify(results, undefined, 2)}\n`);
}
