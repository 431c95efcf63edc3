import { expect, it } from 'vitest';
import { cacheFolder } from './cache-folder.ts';

it.each<[string, NodeJS.ProcessEnv, NodeJS.Platform, RegExp]>([
  ['where the user says', { XDG_CACHE_HOME: '/caches' }, 'linux', /^\/caches.rondo$/],
  ['where the user says', { XDG_CACHE_HOME: '/caches' }, 'darwin', /^\/caches.rondo$/],
  ['in ~/.cache', { XDG_CACHE_HOME: '' }, 'linux', /^\/home\/me.\.cache.rondo$/],
  ['in ~/Library', {}, 'darwin', /^\/home\/me.Library.Caches.rondo$/],
  ['in AppData', { LOCALAPPDATA: '/data' }, 'win32', /^\/data.rondo.cache$/],
  ['in AppData', {}, 'win32', /^\/home\/me.AppData.Local.rondo.cache$/],
])('%s: %o on %s', (_, environment, platform, folder) => {
  expect(cacheFolder(environment, platform, '/home/me')).toMatch(folder);
});
