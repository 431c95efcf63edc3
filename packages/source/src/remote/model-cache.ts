// The models stored on this machine: looks them up, lists and deletes them.
import { nodeModules } from '../node-modules.ts';
import { folderStore, type FolderStore } from '../stores/folder-store.ts';
import { cacheFolder } from './cache-folder.ts';
import { knownFiles, type KnownFiles } from './known-files.ts';

/** A file that is stored wholly or partly. */
export interface CachedFile {
  /** The address from which the file was fetched, without a query; undefined if there is no note about the file. */
  readonly name: string | undefined;
  readonly identity: string | undefined;
  /** Bytes that the file takes on the disk. */
  readonly storedBytes: number;
  /** Bytes of the whole file; undefined if there is no note about the file. */
  readonly sizeBytes: number | undefined;
  /** Whether the whole file is stored. */
  readonly isWhole: boolean;
  /** The path of the file's folder. */
  readonly path: string;
}

/** The models stored on this machine. */
export interface ModelCache {
  readonly folder: string;
  readonly store: FolderStore;
  readonly known: KnownFiles;
  /** The stored files, the largest first. */
  list(): Promise<CachedFile[]>;
  /** Deletes everything stored of a file. */
  remove(file: CachedFile): Promise<void>;
}

/**
 * The cache in this folder.
 *
 * @throws RondoError `UNSUPPORTED` outside Node
 */
export function modelCache(folder: string = cacheFolder()): ModelCache {
  const { fs, path } = nodeModules('modelCache()');
  const { lstat, readdir, rm } = fs.promises;
  const files = path.join(folder, 'files');
  const store = folderStore(files);
  const known = knownFiles(path.join(folder, 'addresses'));

  async function bytesIn(place: string): Promise<{ storedBytes: number; isWhole: boolean }> {
    const names = await readdir(place).catch((): string[] => []);
    let storedBytes = 0;
    for (const name of names) {
      const { blocks, size } = await lstat(path.join(place, name)).catch(() => ({ blocks: 0, size: 0 }));
      // Files are sparse: the space they take is counted in blocks of 512 bytes, if the system reports it.
      storedBytes += blocks > 0 ? Math.min(blocks * 512, size + 4096) : 0;
    }
    return { storedBytes, isWhole: names.includes('whole') };
  }

  return {
    folder,
    store,
    known,
    async list() {
      const notes = new Map((await known.all()).map((note) => [store.placeOf(note.identity), note]));
      const places = (await readdir(files).catch(() => [])).map((name) => path.join(files, name));
      const found = await Promise.all(
        places.map(async (place): Promise<CachedFile> => {
          const note = notes.get(place);
          const { name, identity, size: sizeBytes } = note ?? {};
          return { name, identity, sizeBytes, path: place, ...(await bytesIn(place)) };
        }),
      );
      return found.sort((a, b) => b.storedBytes - a.storedBytes);
    },
    async remove({ identity, path: place }) {
      await rm(place, { recursive: true, force: true });
      if (identity !== undefined) await known.forget(identity);
    },
  };
}
