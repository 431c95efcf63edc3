// Opens a model's bytes by its name, wherever they are.
import { file, type ByteSource } from '@rondo/source';
import type { Io } from './io.ts';
import { modelPath } from './model-path.ts';
import { addressOf } from './remote/address.ts';
import { openRemote, type OpenRemoteOptions } from './remote/open-remote.ts';

/** @throws UsageError for what is no address; RondoError as `file` and `http`; the signal's reason */
export async function openSource(name: string, io: Io, options?: OpenRemoteOptions): Promise<ByteSource> {
  const address = addressOf(name);
  return address === undefined ? file(modelPath(name)) : openRemote(address, io, options);
}
