// Notes the state of a stored file after a check found the file complete and correct. The note is compared with the file
// before the file is used as a complete file.
import type { BigIntStats } from 'node:fs';
import { nodeModules } from '../node-modules.ts';
import { createSha256 } from '../sha256.ts';

/** The name of the note, beside the stored file. */
const noteName = 'sealed.json';
const pieceBytes = 4 * 2 ** 20;

interface Seal {
  readonly size: string;
  /** The time of the file's last change, in nanoseconds. */
  readonly mtimeNs: string;
  readonly sha256?: string | undefined;
}

/** Notes the present state of the whole file in `place`, or of the file that is about to replace it. */
export async function noteSeal(
  place: string,
  { size, mtimeNs }: Pick<BigIntStats, 'size' | 'mtimeNs'>,
  sha256: string | undefined,
): Promise<void> {
  const { fs, path } = nodeModules('folderStore()');
  const seal: Seal = { size: String(size), mtimeNs: String(mtimeNs), sha256 };
  await fs.promises.writeFile(path.join(place, noteName), `${JSON.stringify(seal)}\n`, { mode: 0o600 });
}

/**
 * Notes the state of a file, and repeats this until the state no longer changes. Otherwise this note could replace a later
 * note: another process may write the same bytes, and note the later state, before this note is written.
 */
export async function noteLastState(
  place: string,
  stateOf: () => Promise<Pick<BigIntStats, 'size' | 'mtimeNs'>>,
  sha256: string | undefined,
): Promise<void> {
  let noted = await stateOf();
  for (;;) {
    await noteSeal(place, noted, sha256);
    const now = await stateOf();
    if (now.mtimeNs === noted.mtimeNs && now.size === noted.size) return;
    noted = now;
  }
}

/**
 * Whether the whole file in `place` is unchanged since it was sealed: by its size and time, or, if the time differs, by
 * its digest if the digest is known.
 */
export async function checkSealed(place: string): Promise<boolean> {
  const { fs, path } = nodeModules('folderStore()');
  const whole = path.join(place, 'whole');
  const found = await fs.promises.lstat(whole, { bigint: true }).catch(() => undefined);
  const seal = await readSeal(path.join(place, noteName));
  if (!found?.isFile() || seal === undefined || String(found.size) !== seal.size) return false;
  if (String(found.mtimeNs) === seal.mtimeNs) return true;
  if (seal.sha256 === undefined || (await digestOf(whole, found)) !== seal.sha256) return false;
  // The file was copied or touched, but its bytes are right. With a new note, the next run needs no digest.
  await noteSeal(place, found, seal.sha256).catch(() => {});
  return true;
}

async function readSeal(note: string): Promise<Seal | undefined> {
  const { fs } = nodeModules('folderStore()');
  try {
    const { size, mtimeNs, sha256 } = JSON.parse(await fs.promises.readFile(note, 'utf8')) as Partial<Seal>;
    return typeof size === 'string' && typeof mtimeNs === 'string' ? { size, mtimeNs, sha256 } : undefined;
  } catch {
    return undefined;
  }
}

async function digestOf(file: string, { size }: BigIntStats): Promise<string> {
  const { fs } = nodeModules('folderStore()');
  const { O_RDONLY, O_NOFOLLOW = 0 } = fs.constants;
  const handle = await fs.promises.open(file, O_RDONLY | O_NOFOLLOW);
  try {
    const hash = createSha256();
    const buffer = new Uint8Array(pieceBytes);
    for (let done = 0; done < Number(size);) {
      const { bytesRead } = await handle.read(buffer, 0, pieceBytes, done);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      done += bytesRead;
    }
    return hash.digest();
  } finally {
    await handle.close();
  }
}
