// Notes about the file that was found at an address, so that a stored model opens without network.
import { nodeModules } from '../node-modules.ts';
import { sha256OfText } from '../sha256.ts';
import { uniqueName } from '../unique-name.ts';

/** A file at an address. */
export interface KnownFile {
  /** The identity of the file's source. */
  readonly identity: string;
  readonly size: number;
  readonly sha256: string | undefined;
  /** Whether the server identifies the content, so that the rest of the content can be fetched later. */
  readonly pinned: boolean;
}

/** A note about a file. */
export interface KnownAddress extends KnownFile {
  /** The address without its query, which may hold secrets. */
  readonly name: string;
}

/** The notes in a folder. The name of each note is a digest, because an address may hold secrets. */
export interface KnownFiles {
  /** The file found at an address; undefined if there is no note. */
  recall(url: URL): Promise<KnownFile | undefined>;
  /** Notes the file found at an address, in place of an earlier note. */
  remember(url: URL, file: KnownFile): Promise<void>;
  /** All notes. */
  all(): Promise<KnownAddress[]>;
  /** Deletes the notes with this identity. */
  forget(identity: string): Promise<void>;
}

/** The notes in `folder`, which is made when needed. @throws RondoError `UNSUPPORTED` outside Node */
export function knownFiles(folder: string): KnownFiles {
  const { fs, path } = nodeModules('knownFiles()');
  const { mkdir, readdir, readFile, rename, rm, writeFile } = fs.promises;
  const noteOf = (url: URL) => path.join(folder, `${sha256OfText(url.href)}.json`);

  async function read(note: string): Promise<KnownAddress | undefined> {
    try {
      return fileOf(JSON.parse(await readFile(note, 'utf8')));
    } catch {
      // Missing, or not written by Rondo: the server is asked instead.
      return undefined;
    }
  }

  async function notes(): Promise<string[]> {
    const names = await readdir(folder).catch(() => []);
    return names.filter((name) => name.endsWith('.json')).map((name) => path.join(folder, name));
  }

  return {
    recall: (url) => read(noteOf(url)),
    async remember(url, { identity, size, sha256, pinned }) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const note = noteOf(url);
      const unfinished = `${note}.${uniqueName('part').slice(5)}`;
      const name = url.origin + url.pathname;
      try {
        const text = `${JSON.stringify({ name, identity, size, sha256, pinned })}\n`;
        await writeFile(unfinished, text, { flag: 'wx', mode: 0o600 });
        await rename(unfinished, note);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
    },
    async all() {
      const found = await Promise.all((await notes()).map(read));
      return found.filter((file) => file !== undefined);
    },
    async forget(identity) {
      for (const note of await notes())
        if ((await read(note))?.identity === identity) await rm(note, { force: true });
    },
  };
}

function fileOf(note: unknown): KnownAddress | undefined {
  if (typeof note !== 'object' || note === null) return undefined;
  const { name = '', identity, size, sha256, pinned } = note as Record<string, unknown>;
  const good =
    typeof name === 'string' &&
    typeof identity === 'string' &&
    typeof size === 'number' &&
    (sha256 === undefined || typeof sha256 === 'string') &&
    typeof pinned === 'boolean';
  return good ? { name, identity, size, sha256, pinned } : undefined;
}
