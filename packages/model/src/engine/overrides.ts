// Values that a caller gives in place of the file's values: single values of the metadata, and how positions rotate.
import { RondoError, type OnWarning } from '@rondo/errors';
import { getString, overrideMetadata, type Gguf, type MetadataValue, type Overridden } from '@rondo/gguf';

/** The options of `loadModel` that override metadata. */
export interface OverrideOptions {
  /**
   * Values of the metadata that replace the file's values, by key. A key that the model does not read is warned about.
   * Example: `{ 'llama.rope.freq_base': { type: 'f32', value: 1e6 } }`.
   */
  readonly overrides?: Readonly<Record<string, MetadataValue>> | undefined;
  /** Base of the rotary frequencies in place of the file's base. */
  readonly ropeFrequencyBase?: number | undefined;
  /** Factor of positions before they rotate, in place of the file's factor: 0.25 stretches the context fourfold. */
  readonly ropeFrequencyScale?: number | undefined;
}

/** The file with the overrides of the options. @throws RondoError `BAD_CONFIG` for a file without an architecture */
export function withOverrides(gguf: Gguf, options: OverrideOptions): Overridden<Gguf> {
  const { overrides = {}, ropeFrequencyBase, ropeFrequencyScale } = options;
  const own = new Map<string, MetadataValue>();
  if (ropeFrequencyBase !== undefined || ropeFrequencyScale !== undefined) {
    const name = getString(gguf, 'general.architecture');
    if (ropeFrequencyBase !== undefined)
      own.set(`${name}.rope.freq_base`, { type: 'f64', value: ropeFrequencyBase });
    if (ropeFrequencyScale !== undefined) {
      own.set(`${name}.rope.scaling.factor`, { type: 'f64', value: 1 / ropeFrequencyScale });
      const type = gguf.metadata.get(`${name}.rope.scaling.type`);
      // A scale in the options is used even if the file says that there is no scaling.
      if (type?.type === 'string' && type.value === 'none')
        own.set(`${name}.rope.scaling.type`, { type: 'string', value: 'linear' });
    }
  }
  return overrideMetadata(gguf, [...own, ...Object.entries(overrides)]);
}

/** Warns of overrides that changed nothing, because the model does not read their keys. */
export function warnOfUnread(unread: readonly string[], warn: OnWarning): void {
  for (const key of unread) {
    warn({
      code: 'UNUSED_OVERRIDE',
      message: `The override of "${key}" has no effect: models of this architecture do not read that key.`,
      details: { key },
    });
  }
}

/** What `overrides` must be; undefined if `value` is valid. */
export function checkOverrides(value: unknown): string | undefined {
  const expected = "metadata by key, such as `{ 'llama.context_length': { type: 'u32', value: 8192 } }`";
  if (typeof value !== 'object' || value === null) return expected;
  const isEntry = (entry: unknown) =>
    typeof entry === 'object' && entry !== null && 'type' in entry && 'value' in entry;
  const bad = Object.entries(value).find(([, entry]) => !isEntry(entry));
  if (!bad) return undefined;
  throw new RondoError(
    'BAD_ARGUMENT',
    `The override of "${bad[0]}" is no value of metadata; give ${expected}.`,
    {
      details: { key: bad[0] },
    },
  );
}

/** What `ropeFrequencyBase` and `ropeFrequencyScale` must be; undefined if `value` is valid. */
export function checkPositive(value: unknown): string | undefined {
  return typeof value === 'number' && value > 0 && value < Infinity ? undefined : 'a positive number';
}
