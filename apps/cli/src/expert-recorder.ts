// Records which experts the routers of a model choose, for `--trace-experts`.
import { basename } from 'node:path';
import { writeExpertTrace, type ExpertRecord } from '@rondo/cache';
import type { Model } from '@rondo/model';
import { UsageError } from './usage-error.ts';
import { checkFree, encodedText, writeFileWhole } from './write-file.ts';

/** A recording in memory. */
export interface ExpertRecorder {
  /** For `LoadOptions.onExperts`. */
  onExperts(record: ExpertRecord): void;
  /**
   * Names the model of the records to come.
   *
   * @throws UsageError for a model without experts
   */
  begin(model: Pick<Model, 'gguf' | 'config'>, name: string): void;
  /**
   * Writes the file; writes no file if the signal is aborted.
   *
   * @throws RondoError `WRITE_FAILED`; the signal's reason
   */
  finish(signal: AbortSignal): Promise<void>;
}

/**
 * A recorder that will write to `path`.
 *
 * @throws RondoError `BAD_ARGUMENT` if there is such a file already
 */
export async function createExpertRecorder(path: string): Promise<ExpertRecorder> {
  await checkFree(path);
  const pieces: string[] = [];
  let add: ((record: ExpertRecord) => void) | undefined;
  return {
    // No pass runs before `begin`, which is called right after the model was loaded.
    onExperts: (record) => add?.(record),
    begin({ gguf, config }, name) {
      const { experts, expertsUsed: used, layers } = config;
      if (experts === 0)
        throw new UsageError(`--trace-experts records experts, and ${name} has none: leave it out.`);
      const title = gguf.metadata.get('general.name');
      // The name without its folder: a file that is passed on should not show the paths of this machine.
      const source = title?.type === 'string' ? title.value : basename(name);
      // Passes over the text, whose experts are recorded, skip the MTP block.
      const count = layers.filter(({ predicts }) => !predicts).length;
      add = writeExpertTrace({ layers: count, experts, used, source }, (text) => pieces.push(text));
    },
    async finish(signal) {
      await writeFileWhole(path, encodedText(pieces), { force: false, signal });
    },
  };
}
