// `rondo pull`: downloads a model for later use.
import { checkIsNoText, checkShardCount, shardNames } from '@rondo/gguf';
import { formatBytes } from '@rondo/model';
import { file, isAddress, modelCache, openHttp, parseSha256, tiered } from '@rondo/source';
import { isRondoError, RondoError } from '@rondo/errors';
import type { Io } from '../io.ts';
import type { pullOptions, ValuesOf } from '../options.ts';
import { duration, percent } from '../output/numbers.ts';
import { jsonLine } from '../output/printable.ts';
import { createProgress } from '../output/progress.ts';
import { addressOf, warnOn } from '../open-remote.ts';
import { UsageError } from '../usage-error.ts';

/**
 * Fetches a model; of a split model, all files.
 *
 * @throws UsageError, RondoError, the signal's reason
 */
export async function pull(name: string, options: ValuesOf<typeof pullOptions>, io: Io): Promise<void> {
  const names = shardNames(name) ?? [name];
  if (names.length > 1 && options.sha256 !== undefined)
    throw new UsageError("option '--sha256 <digest>': a split model has a digest for each of its files.");
  for (const [index, one] of names.entries()) {
    const path = await pullFile(one, options, io);
    // The number of files in a name may be wrong and as large as ten thousand. The first file states the true number.
    if (index === 0 && names.length > 1) await checkCount(path, names.length, io);
  }
}

async function checkCount(path: string, named: number, { signal }: Io): Promise<void> {
  const first = await file(path);
  try {
    await checkShardCount(first, named, { signal });
  } finally {
    await first.close();
  }
}

/**
 * Fetches the missing bytes of the present file at an address, verifies the file, and deletes an earlier file of the address.
 *
 * @returns its path
 */
async function pullFile(name: string, options: ValuesOf<typeof pullOptions>, io: Io): Promise<string> {
  if (!isAddress(name))
    throw new UsageError(`${name} is no address: give https://… or hf:owner/repository/file.gguf.`);
  const address = await addressOf(name);
  const promised = options.sha256 === undefined ? undefined : digestOf(options.sha256);
  const { url } = address;
  const { store, known } = modelCache();
  const { signal, stderr, stdout } = io;
  const progress = createProgress(stderr);
  const startMs = performance.now();
  progress.show('Asking for the file');
  const before = await known.recall(url);
  const remote = await openHttp(address, { signal, check: checkIsNoText });
  const sha256 = promised ?? remote.sha256;
  const source = await tiered(remote, store, { sha256, onWarning: warnOn(stderr) });
  let fetchedBytes = 0;
  try {
    let firstBytes: number | undefined;
    // The file is noted now, so that other commands can use it while this command runs. If there is an earlier file, other
    // commands use that file until this command is done.
    if (remote.pinned && before === undefined) await known.remember(url, remote);
    await source.download({
      signal,
      onProgress(storedBytes, totalBytes) {
        firstBytes ??= storedBytes;
        fetchedBytes = storedBytes - firstBytes;
        progress.show(progressLine(storedBytes, totalBytes, fetchedBytes, performance.now() - startMs));
      },
    });
    await known.remember(url, { ...remote, sha256 });
  } finally {
    progress.clear();
    await source.close();
  }
  const path = await store.wholeFile(remote.identity);
  if (path === undefined) {
    throw new RondoError(
      'READ_FAILED',
      'Another process wrote to the stored file meanwhile. Run it again: what was fetched is looked at and kept.',
      { details: { identity: remote.identity } },
    );
  }
  if (before !== undefined && before.identity !== remote.identity) await store.remove(before.identity);

  if (options.json) {
    stdout.write(jsonLine({ path, sizeBytes: remote.size, fetchedBytes, sha256 }));
  } else {
    stdout.write(`${path}\n`);
    const verified = sha256 === undefined ? 'not verified: no SHA-256 is known' : 'SHA-256 verified';
    stderr.write(
      `${formatBytes(remote.size)}, ${formatBytes(fetchedBytes)} of it fetched, in ${duration(performance.now() - startMs)}; ${verified}\n`,
    );
  }
  return path;
}

function digestOf(text: string): string {
  try {
    return parseSha256(text);
  } catch (error) {
    if (!isRondoError(error)) throw error;
    throw new UsageError(`option '--sha256 <digest>': ${error.message}`, { cause: error });
  }
}

function progressLine(storedBytes: number, totalBytes: number, fetchedBytes: number, ms: number): string {
  const bytesPerMs = fetchedBytes / ms;
  const left = bytesPerMs > 0 ? `, ${duration((totalBytes - storedBytes) / bytesPerMs)} left` : '';
  const speed = `${formatBytes(bytesPerMs * 1000)}/s`;
  return `${percent(storedBytes / totalBytes)} of ${formatBytes(totalBytes)}, ${speed}${left}`;
}
