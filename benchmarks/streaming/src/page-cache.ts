// Takes a file out of the page cache: else an engine that maps it would be lent the pages that another has read, which no
// limit of its own counts.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Drops the file's pages, all of which are on the disk. Nothing is dropped where there is no `dd` of GNU. */
export async function dropFromPageCache(path: string): Promise<void> {
  // "Advise to drop cache for whole file": https://www.gnu.org/software/coreutils/dd
  await promisify(execFile)('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']).catch(
    (error: unknown) => console.error(`${path} may stay in the page cache: ${String(error)}`),
  );
}
