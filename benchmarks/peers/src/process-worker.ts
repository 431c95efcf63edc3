// A process with one engine in it: loads the model named on its command line, then answers requests.
import { openLlamaCpp } from './llama-cpp.ts';
import type { Peer, PeerOptions, PeerRequest } from './peer.ts';
import { openRondo } from './rondo.ts';

const openers: Readonly<Record<string, (path: string, options: PeerOptions) => Promise<Peer>>> = {
  rondo: openRondo,
  'llama.cpp': openLlamaCpp,
};

const [engine = '', path = '', threads, context] = process.argv.slice(2);
const open = openers[engine];
if (!open) throw new Error(`There is no engine ${engine}.`);
const peer = await open(path, { threads: Number(threads), context: Number(context) });
process.on('message', (request: PeerRequest) => {
  const answer =
    request.method === 'prefill' ? peer.prefill(request.prompt) : peer.decode(request.prompt, request.tokens);
  answer.then(
    (timing) => process.send?.({ timing }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => void peer.close().then(() => process.exit()));
process.send?.('ready');
