// Downloads a file into a folder store, with one request for each chunk, as a process that a test can kill: `download.ts
// URL FOLDER`.
import { folderStore, http, tiered } from '../index.ts';

const [url = '', folder = ''] = process.argv.slice(2);
const source = await tiered(await http(url, { headBytes: 1, readAheadBytes: 0 }), folderStore(folder), {
  chunkBytes: 65_536,
});
await source.download();
await source.close();
