// `rondo quantize`: writes a model in another quantization.
import { writeGguf } from '@rondo/gguf';
import { quantizeGguf } from '@rondo/quantize';
import { formatBytes } from '@rondo/model';
import { rowBytes } from '@rondo/tensor';
import type { Io } from '../io.ts';
import { openGguf } from '../open-source.ts';
import type { quantizeOptions, ValuesOf } from '../options.ts';
import { duration, percent } from '../output/numbers.ts';
import { createProgress } from '../output/progress.ts';
import { showWarnings } from '../output/warnings.ts';
import { writeFileWhole } from '../write-file.ts';

/** @throws UsageError, RondoError, errors of the file system, the signal's reason */
export async function quantize(
  name: string,
  options: ValuesOf<typeof quantizeOptions>,
  io: Io,
): Promise<void> {
  const { quant, requantize, out, force } = options;
  const { signal } = io;
  const { gguf, source } = await openGguf(name, io);
  const progress = createProgress(io.stderr);
  const startMs = performance.now();
  try {
    const model = quantizeGguf(source, gguf, { quantization: quant, requantize, signal });
    showWarnings(model.warnings, io);
    const tensorBytes = model.tensors.reduce(
      (sum, { dtype, shape }) =>
        sum +
        rowBytes(
          dtype,
          shape.reduce((product, size) => product * size, 1),
        ),
      0,
    );
    const bytes = await writeFileWhole(out, writeGguf(model), {
      force,
      signal,
      onProgress: (written) =>
        progress.show(`${formatBytes(written)} written, ${percent(Math.min(1, written / tensorBytes))}`),
    });
    progress.clear();
    io.stderr.write(
      `${out}: ${formatBytes(bytes)} in ${quant}, from ${formatBytes(gguf.sizeBytes)}, in ${duration(performance.now() - startMs)}\n`,
    );
  } finally {
    progress.clear();
    await source.close();
  }
}
