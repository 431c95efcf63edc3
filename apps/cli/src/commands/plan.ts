// `rondo plan`: what a model would do in a given memory. Reads only the header, and measures for about a second.
import { formatBytes, plan as planModel, type MemoryPlan } from '@rondo/model';
import type { Io } from '../io.ts';
import { backendOf, loadOptionsOf } from '../open-model.ts';
import { openSources } from '../open-source.ts';
import type { planOptions, ValuesOf } from '../options.ts';
import { columns } from '../output/columns.ts';
import { count, duration, rate } from '../output/numbers.ts';

/** @throws UsageError, RondoError, the signal's reason */
export async function plan(name: string, options: ValuesOf<typeof planOptions>, io: Io): Promise<void> {
  const loadOptions = loadOptionsOf(options, io);
  const sources = await openSources(name, io);
  try {
    const planned = await planModel(sources, {
      ...loadOptions,
      mtp: options.speculate === 'mtp',
      backend: backendOf(options),
    });
    io.stdout.write(options.json ? `${JSON.stringify(planned)}\n` : asText(planned));
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

function asText({
  budget,
  streams,
  bytesPerToken,
  readBytesPerSecond,
  computeMs,
  readMs,
  tokenMs,
  bound,
}: MemoryPlan): string {
  const { totalBytes, kvCacheBytes, fullKvCacheBytes, activationBytes } = budget;
  const { weightBytes, allWeightBytes, contextTokens } = budget;
  const grows = kvCacheBytes < fullKvCacheBytes ? `${formatBytes(kvCacheBytes)}, growing to ` : '';
  const rows = [
    ['memory', formatBytes(totalBytes)],
    ['  context', `${grows}${formatBytes(fullKvCacheBytes)} for ${count(contextTokens)} tokens`],
    ['  activations', formatBytes(activationBytes)],
    ['  weights', `${formatBytes(Math.min(weightBytes, allWeightBytes))} of ${formatBytes(allWeightBytes)}`],
    ...(streams ? [['read for a token', `${formatBytes(bytesPerToken)}, ${duration(readMs)}`]] : []),
    ...(readBytesPerSecond ? [['measured reading', `${formatBytes(readBytesPerSecond)} a second`]] : []),
    ['computing a token', duration(computeMs)],
    ['expected', `${rate(1000 / tokenMs)} tokens a second, bound by ${bound}`],
  ];
  return `${columns(rows).join('\n')}\n`;
}
