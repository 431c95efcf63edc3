// Reads the tokenizer metadata of a GGUF file for the tests: without checks, the whole file at once. The package itself
// knows nothing of files, and its tests stay independent of the package that reads them.
import { readFileSync } from 'node:fs';
import type { Vocabulary } from '../src/index.ts';

type Value = string | number | boolean | readonly Value[];

function readMetadata(path: string): Map<string, Value> {
  const bytes = readFileSync(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 16;
  const u32 = (): number => view.getUint32((at += 4) - 4, true);
  const u64 = (): number => Number(view.getBigUint64((at += 8) - 8, true));
  const text = (): string => {
    const length = u64();
    return bytes.toString('utf8', at, (at += length));
  };
  const readers: Readonly<Record<number, () => Value>> = {
    0: () => view.getUint8(at++),
    1: () => view.getInt8(at++),
    2: () => view.getUint16((at += 2) - 2, true),
    3: () => view.getInt16((at += 2) - 2, true),
    4: u32,
    5: () => view.getInt32((at += 4) - 4, true),
    6: () => view.getFloat32((at += 4) - 4, true),
    7: () => view.getUint8(at++) !== 0,
    8: text,
    9: () => {
      const type = u32();
      return Array.from({ length: u64() }, () => value(type));
    },
    10: u64,
    11: u64,
    12: () => view.getFloat64((at += 8) - 8, true),
  };
  const value = (type: number): Value => {
    const read = readers[type];
    if (read === undefined) throw new Error(`Unknown metadata type ${type} in ${path}`);
    return read();
  };
  const entries = new Map<string, Value>();
  for (let left = u64(); left > 0; left--) {
    const key = text();
    entries.set(key, value(u32()));
  }
  return entries;
}

/** The vocabulary in a GGUF file. */
export function vocabularyOfGguf(path: string): Vocabulary {
  const metadata = readMetadata(path);
  const get = <T>(key: string): T | undefined => metadata.get(`tokenizer.ggml.${key}`) as T | undefined;
  return {
    model: get<string>('model') ?? '',
    pre: get('pre'),
    modelName: metadata.get('general.name') as string | undefined,
    architecture: metadata.get('general.architecture') as string | undefined,
    tokens: get<readonly string[]>('tokens') ?? [],
    tokenTypes: get('token_type'),
    scores: get('scores'),
    merges: get('merges'),
    bosId: get('bos_token_id'),
    eosId: get('eos_token_id'),
    eotId: get('eot_token_id'),
    unknownId: get('unknown_token_id'),
    separatorId: get('seperator_token_id'),
    addBos: get('add_bos_token'),
    addEos: get('add_eos_token'),
    addSpacePrefix: get('add_space_prefix'),
    removeExtraWhitespaces: get('remove_extra_whitespaces'),
    precompiledCharsmap: get('precompiled_charsmap'),
    lowercase: get('normalizer.lowercase'),
    stripAccents: get('normalizer.strip_accents'),
  };
}
