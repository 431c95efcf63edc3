// Drops a file from the page cache. Otherwise an engine that maps the file would profit from pages that another engine
// has read, which its own limit does not count.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Drops the file's pages, all of which are on the disk. Does nothing without GNU `dd`. */
export async function dropFromPageCache(path: string): Promise<void> {
  // "Advise to drop cache for whole file": https://www.gnu.org/software/coreutils/dd
  await promisify(execFile)('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']).catch(
    (error: unknown) => console.error(`${path} may stay in the page cache: ${String(error)}`),
  );
}
