// The figures and their bars, for people.
import { percent, table } from '@rondo/bench-shared';
import type { BenchResults } from './run.ts';

/** The share of the copy bandwidth that decoding should reach. */
const BANDWIDTH_SHARE = 0.4;

/** The results as Markdown; the bars are for a Llama 2 7B in Q4_0 on a data-centre GPU. */
export function render({
  adapter,
  weightBytes,
  copyGigabytesPerSecond,
  resident,
  float16,
  streamed,
  kernels,
}: BenchResults): string {
  const share = resident.weightGigabytesPerSecond / copyGigabytesPerSecond;
  const rows = [
    ['copy kernel, read and written', `${copyGigabytesPerSecond.toFixed(1)} GB/s`, ''],
    ['resident, tokens a second', resident.tokensPerSecond.toFixed(1), '100'],
    ['resident, first token', `${resident.firstTokenMs.toFixed(0)} ms`, '500 ms'],
    ['resident, weights read', `${resident.weightGigabytesPerSecond.toFixed(1)} GB/s`, ''],
    ['  of the copy', percent(share), percent(BANDWIDTH_SHARE)],
    ['float16, tokens a second', float16.tokensPerSecond.toFixed(1), ''],
    ['float16, first token', `${float16.firstTokenMs.toFixed(0)} ms`, ''],
    ['streamed, tokens a second', streamed.tokensPerSecond.toFixed(1), '10'],
    ['streamed, first token', `${streamed.firstTokenMs.toFixed(0)} ms`, ''],
  ];
  const parts = [
    `${adapter}\n${(weightBytes / 1e9).toFixed(2)} GB of weights a token`,
    table(['', 'measured', 'bar'], rows),
  ];
  if (kernels.length > 0) {
    const total = kernels.reduce((sum, { ms }) => sum + ms, 0);
    const lines = kernels.map(({ kernel, dispatches, ms }) => [
      kernel,
      String(dispatches),
      ms.toFixed(2),
      ((ms / dispatches) * 1000).toFixed(1),
      percent(ms / total),
    ]);
    parts.push(table(['kernel', 'dispatches', 'ms', 'µs each', 'share'], lines));
  }
  return parts.join('\n\n');
}
