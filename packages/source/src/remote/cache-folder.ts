// The folder of this system for files that can be fetched again.
import { nodeModules } from '../node-modules.ts';
import { homeFolder, systemEnvironment, type Environment } from './environment.ts';

/**
 * Rondo's own folder: in `XDG_CACHE_HOME` if this variable is set, else in the system's folder for caches.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 * @throws RondoError `UNSUPPORTED` outside Node
 */
export function cacheFolder(
  environment: Environment = systemEnvironment(),
  platform: string = globalThis.process?.platform ?? '',
  home: string = homeFolder(),
): string {
  const { join } = nodeModules('cacheFolder()').path;
  const { XDG_CACHE_HOME: xdg, LOCALAPPDATA: local } = environment;
  if (xdg) return join(xdg, 'rondo');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'rondo');
  if (platform === 'win32') return join(local || join(home, 'AppData', 'Local'), 'rondo', 'cache');
  return join(home, '.cache', 'rondo');
}
