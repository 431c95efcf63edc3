// `pnpm bench:gpu-cpu-parity`: how far the GPU's results are from the reference's and the CPU's, operation by operation,
// and the demo model on both. Ends with exit code 1 if a bound does not hold.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { cpu } from '@rondo/backend-cpu';
import { supportedDtypes, webgpu } from '@rondo/backend-webgpu';
import { table } from '@rondo/bench-shared';
import { demoModelUrl } from '@rondo/demo-model';
import { reference } from '@rondo/tensor';
import { demoReferencePath } from '@rondo/testkit';
import { testGpu } from '@rondo/testkit/webgpu';
import { errorBound, greedySteps, perplexityBound, perplexityText } from './bounds.ts';
import { greedy, perplexityOf } from './demo.ts';
import { measuredOperations, relativeError, resultOf } from './operations.ts';

const found = await testGpu();
if (!found) process.exit(1);
const [gpu, processor] = [await webgpu({ gpu: found }), await cpu()];
console.log(`${gpu.description}\n${processor.description}\n`);
let within = true;

function check(ok: boolean): string {
  within &&= ok;
  return ok ? 'yes' : 'NO';
}

const rows: string[][] = [];
for (const operation of measuredOperations(supportedDtypes)) {
  const expected = await resultOf(operation, reference());
  const onGpu = await resultOf(operation, gpu);
  const onCpu = await resultOf(operation, processor);
  const error = relativeError(onGpu, expected);
  const errors = [error, relativeError(onCpu, expected), relativeError(onGpu, onCpu)];
  rows.push([operation.name, ...errors.map((one) => one.toExponential(1)), check(error < errorBound)]);
}
console.log(table(['relative error', 'GPU', 'CPU', 'GPU to CPU', `GPU < ${errorBound}`], rows));

const path = fileURLToPath(demoModelUrl);
const runs = [await greedy(path, gpu, greedySteps), await greedy(path, processor, greedySteps)] as const;
const same = runs[0].ids.findIndex((id, i) => id !== runs[1].ids[i]);
const count = same < 0 ? runs[0].ids.length : same;
console.log(
  `\ndemo model, greedy: the first ${count} of ${greedySteps} tokens are the same: ${check(count === greedySteps)}`,
);
const { dispatches = 0, commandBuffers = 0, readBytes = 0 } = runs[0].perToken ?? {};
console.log(
  `on the GPU ${dispatches.toFixed(1)} dispatches a token (${runs[0].layers} layers), ${commandBuffers.toFixed(1)} command buffers, ${readBytes} bytes read back`,
);

const text = perplexityText(await readFile(demoReferencePath('valid.txt'), 'utf8'));
const [a, b] = [await perplexityOf(path, gpu, text), await perplexityOf(path, processor, text)];
const difference = Math.abs(a.perplexity / b.perplexity - 1);
console.log(
  `perplexity of ${a.tokens} tokens: GPU ${a.perplexity.toFixed(4)}, CPU ${b.perplexity.toFixed(4)}, ${(100 * difference).toFixed(3)} % apart: ${check(difference < perplexityBound)}`,
);
await Promise.all([gpu.dispose(), processor.dispose()]);
process.exitCode = within ? 0 : 1;
