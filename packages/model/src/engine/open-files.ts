// Opens the files of a model, given as a path, an address, `demo`, a URL, a blob, bytes or sources.
import { RondoError, shownValue, type RondoWarning } from '@rondo/errors';
import { checkIsNoText, openShards } from '@rondo/gguf';
import {
  blob,
  file,
  http,
  isAddress,
  memory,
  modelAddress,
  openRemote,
  type ByteSource,
  type ReadOptions,
} from '@rondo/source';

/**
 * How a model is given: the path of its file, its address (`https://…`, `hf:owner/repository/file.gguf`), or `demo`; a `file:`
 * or `https:` URL; a blob, such as a file that a user picked; all of its bytes; a source. A split model is given by the path,
 * the address or the URL of any of its files, or by all of its files as sources.
 */
export type ModelSource = string | URL | Blob | Uint8Array | ArrayBuffer | ByteSource | readonly ByteSource[];

/** Sources of a model. */
export interface OpenedFiles {
  readonly sources: readonly ByteSource[];
  /** Closes the opened sources. Sources that the caller gave stay open. */
  close(): Promise<void>;
}

/** How files are opened. */
export interface OpenFilesOptions extends ReadOptions {
  /** Called once, when a fetched file can no longer be stored. */
  readonly onWarning?: ((warning: RondoWarning) => void) | undefined;
}

/**
 * Opens the files of a model. Bytes read from an address are kept in the cache folder of the system, and read from there
 * later; in a browser they are not kept.
 *
 * @throws RondoError `BAD_ARGUMENT` for a source of another kind; as `file`, `openRemote` and `openShards`. Nothing stays open
 * then
 */
export async function openFiles(source: ModelSource, options: OpenFilesOptions = {}): Promise<OpenedFiles> {
  const given = givenSources(source);
  if (given) return { sources: given, close: async () => {} };
  const sources = await openNew(source, options);
  return {
    sources,
    async close() {
      await Promise.all(sources.map((one) => one.close()));
    },
  };
}

function givenSources(source: ModelSource): readonly ByteSource[] | undefined {
  const list: readonly unknown[] = Array.isArray(source) ? source : [source];
  return list.length > 0 && list.every(isByteSource) ? list : undefined;
}

function isByteSource(value: unknown): value is ByteSource {
  return typeof value === 'object' && value !== null && 'readInto' in value && 'size' in value;
}

async function openNew(source: ModelSource, options: OpenFilesOptions): Promise<readonly ByteSource[]> {
  if (source instanceof Blob) return [blob(source)];
  if (source instanceof Uint8Array) return [memory(source)];
  if (source instanceof ArrayBuffer) return [memory(new Uint8Array(source))];
  if (source === 'demo') return [await openDemo()];
  const name = source instanceof URL ? source.href : source;
  if (typeof name === 'string' && name !== '')
    return openShards(name, (one) => openByName(one, options), { signal: options.signal });
  const found = Array.isArray(source) ? 'an array of something else' : shownValue(source);
  throw new RondoError(
    'BAD_ARGUMENT',
    `A model is given as a path, an address (https://…, hf:owner/repository/file.gguf), "demo", a URL, a Blob, its bytes, or sources, not as ${found}.`,
  );
}

async function openByName(name: string, { signal, onWarning }: OpenFilesOptions): Promise<ByteSource> {
  if (/^file:/i.test(name)) return file(new URL(name));
  if (!isAddress(name)) return file(name);
  return openRemote(await modelAddress(name), {
    signal,
    check: checkIsNoText,
    onWarning: ({ message }) => onWarning?.({ code: 'NOT_STORED', message }),
  });
}

async function openDemo(): Promise<ByteSource> {
  const { demoModelUrl } = await import('@rondo/demo-model');
  return demoModelUrl.protocol === 'file:' ? file(demoModelUrl) : http(demoModelUrl);
}
