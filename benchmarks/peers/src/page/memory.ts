// The page whose memory is measured. Its address says what it does; it tells the server when it begins and ends.
import { blob, http } from '@rondo/source';
import { openRondo } from '../rondo.ts';

/** What a page posts to `/report`. */
export type PageReport = 'begins' | 'ends' | { readonly error: string };

async function report(what: PageReport): Promise<void> {
  await fetch('/report', { method: 'POST', body: JSON.stringify(what) });
}

async function run(settings: URLSearchParams): Promise<void> {
  const setting = (name: string) => settings.get(name) ?? '';
  const url = setting('model');
  const source =
    setting('from') === 'http' ? await http(url) : blob(await (await fetch(url)).blob(), 'the model');
  const options = {
    threads: Number(setting('threads')),
    context: 256,
    memory: setting('memory'),
    mayStream: true,
  };
  const peer = await openRondo(source, options);
  await peer.decode('one two three four', Number(setting('tokens')));
}

try {
  await report('begins');
  await run(new URLSearchParams(location.search));
  await report('ends');
} catch (error) {
  await report({ error: String(error) });
}
