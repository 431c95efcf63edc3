// What was found at an address before, so that a model that is stored needs no network to be opened.
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileWhole } from '../write-file.ts';

/** A file at an address. */
export interface KnownFile {
  /** Of its source. */
  readonly identity: string;
  readonly size: number;
  readonly sha256: string | undefined;
  /** Whether the server names the content, so that the rest of it can be fetched later. */
  readonly pinned: boolean;
}

/** What is remembered in a folder. The name of each note is a digest: an address may hold secrets. */
export interface KnownFiles {
  recall(url: URL): Promise<KnownFile | undefined>;
  remember(url: URL, file: KnownFile): Promise<void>;
}

/** Notes in `folder`, which is made when it is needed. */
export function knownFiles(folder: string): KnownFiles {
  const noteOf = (url: URL) => join(folder, `${createHash('sha256').update(url.href).digest('hex')}.json`);
  return {
    async recall(url) {
      try {
        return fileOf(JSON.parse(await readFile(noteOf(url), 'utf8')));
      } catch {
        // Not there, or not one of ours: the server will tell.
        return undefined;
      }
    },
    async remember(url, { identity, size, sha256, pinned }) {
      await mkdir(folder, { recursive: true });
      async function* note() {
        yield Buffer.from(`${JSON.stringify({ identity, size, sha256, pinned })}\n`);
      }
      await writeFileWhole(noteOf(url), note(), { force: true, signal: new AbortController().signal });
    },
  };
}

function fileOf(note: unknown): KnownFile | undefined {
  if (typeof note !== 'object' || note === null) return undefined;
  const { identity, size, sha256, pinned } = note as Record<string, unknown>;
  const good =
    typeof identity === 'string' &&
    typeof size === 'number' &&
    (sha256 === undefined || typeof sha256 === 'string') &&
    typeof pinned === 'boolean';
  return good ? { identity, size, sha256, pinned } : undefined;
}
