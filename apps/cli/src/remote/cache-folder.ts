// Where files that can be fetched again are kept on this system.
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/**
 * The folder of Rondo's own: in `XDG_CACHE_HOME` where that is set, else where the system keeps caches.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function cacheFolder(
  { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local }: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (xdg) return join(xdg, 'rondo');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'rondo');
  if (platform === 'win32') return join(local || join(home, 'AppData', 'Local'), 'rondo', 'cache');
  return join(home, '.cache', 'rondo');
}
