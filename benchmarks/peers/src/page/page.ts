// The page in which engines for browsers are measured; the benchmark calls `window.bench`.
import { blob } from '@rondo/source';
import type { Peer, PeerOptions } from '../peer.ts';
import { openRondo } from '../rondo.ts';
import { openWllama } from './wllama.ts';

/** Engines that run in a page. */
const openers: Readonly<Record<string, (file: Blob, options: PeerOptions) => Promise<Peer>>> = {
  rondo: (file, options) => openRondo(blob(file), options),
  wllama: openWllama,
};

const peers = new Map<string, Peer>();

function peer(engine: string): Peer {
  const found = peers.get(engine);
  if (!found) throw new Error(`${engine} is not open.`);
  return found;
}

const bench = {
  async open(engine: string, url: string, options: PeerOptions): Promise<void> {
    const open = openers[engine];
    if (!open) throw new Error(`There is no engine ${engine}.`);
    if (!globalThis.crossOriginIsolated) throw new Error('The page is not cross-origin isolated.');
    peers.set(engine, await open(await (await fetch(url)).blob(), options));
  },
  prefill: (engine: string, prompt: string) => peer(engine).prefill(prompt),
  decode: (engine: string, prompt: string, tokens: number) => peer(engine).decode(prompt, tokens),
  close: (engine: string) => peer(engine).close(),
};

/** What the page offers to the benchmark. */
export type PageBench = typeof bench;

Object.assign(globalThis, { bench });
