// Reads which layers see only a window of positions.
import type { AttentionLayer } from '../architecture.ts';
import type { AttentionConfig } from './transformer.ts';
import { fail, LIMITS } from './limits.ts';
import type { Metadata } from './metadata.ts';

/** The defaults for the windows of an architecture's layers. */
export interface WindowKind {
  /**
   * If the file has no pattern: the last of every `period` layers sees all positions, the other layers see a window.
   * Undefined = the file must have a pattern, an array.
   */
  readonly period: number | undefined;
  /** Number of positions of a window if the file does not have the number. Default: without the key, no layer has a window. */
  readonly size?: number | undefined;
  /** True = a file without a window is refused. Default: such a model has no windows. */
  readonly required?: boolean | undefined;
}

/** A function that changes a layer for an architecture. `isWindowed`: whether the layer has a window. */
export type ChangeLayer = (layer: AttentionLayer, isWindowed: boolean) => AttentionLayer;

/**
 * The configuration with windows in its layers, by `attention.sliding_window` and `attention.sliding_window_pattern`. The
 * pattern is an array of booleans or a period.
 *
 * @throws RondoError `BAD_CONFIG`
 */
export function withWindows(
  config: AttentionConfig,
  keys: Metadata,
  { period: periodByDefault, size, required = false }: WindowKind,
  change: ChangeLayer = (layer) => layer,
): AttentionConfig {
  const sizeKey = 'attention.sliding_window';
  const patternKey = 'attention.sliding_window_pattern';
  const window = keys.integer(
    sizeKey,
    { least: required ? 1 : 0, most: LIMITS.contextLength },
    size ?? (required ? undefined : 0),
  );
  const isArray = keys.gguf.metadata.get(`${keys.name}.${patternKey}`)?.type === 'array';
  const blocks = keys.integer('block_count', { most: LIMITS.layers });
  if (!isArray && periodByDefault === undefined)
    fail(
      `${keys.name}.${patternKey}`,
      keys.has(patternKey) ? 'no array' : 'nothing',
      `an array that says of each of ${blocks} layers whether it has a window`,
    );
  const pattern = isArray ? keys.findBooleans(patternKey, blocks) : undefined;
  const period = isArray ? 0 : keys.integer(patternKey, { least: 0, most: LIMITS.layers }, periodByDefault);
  if (window === 0) {
    if (pattern?.includes(true))
      fail(
        `${keys.name}.${sizeKey}`,
        0,
        `the positions of a window, as layer ${pattern.indexOf(true)} has one`,
      );
    return { ...config, layers: config.layers.map((layer) => change(layer, false)) };
  }
  return {
    ...config,
    layers: config.layers.map((layer, index) => {
      const isWindowed = pattern?.[index] ?? (period === 0 || index % period < period - 1);
      return isWindowed ? change({ ...layer, window }, true) : change(layer, false);
    }),
  };
}
