// Engines whose model is so large that the machine holds it once: each round opens one engine after another.
import { median } from '@rondo/bench-shared';
import type { MsPerToken } from './measure.ts';
import type { Peer } from './peer.ts';
import { prompt } from './prompts.ts';

/** Milliseconds a token of each engine. */
export interface OneAtATime {
  readonly decode: MsPerToken;
  readonly prefill: MsPerToken;
}

/** Tokens of the prompt that is read, and of the short prompt that is continued. */
const PREFILL_TOKENS = 512;
const SHORT_CONTEXT = 64;

/** The medians over `rounds` rounds. The first answer of each opened engine does not count. */
export async function oneAtATime(
  engines: Readonly<Record<string, () => Promise<Peer>>>,
  rounds: number,
  newTokens: number,
): Promise<OneAtATime> {
  const decode = new Map<string, number[]>();
  const prefill = new Map<string, number[]>();
  const note = (times: Map<string, number[]>, name: string, ms: number) =>
    times.set(name, [...(times.get(name) ?? []), ms]);
  for (let round = 0; round < rounds; round++) {
    for (const [name, open] of Object.entries(engines)) {
      const peer = await open();
      await peer.decode(prompt(SHORT_CONTEXT), 2);
      const decoded = await peer.decode(prompt(SHORT_CONTEXT), newTokens);
      note(decode, name, decoded.ms / decoded.tokens);
      const read = await peer.prefill(prompt(PREFILL_TOKENS));
      note(prefill, name, read.ms / read.tokens);
      await peer.close();
    }
  }
  const medians = (times: Map<string, number[]>) =>
    Object.fromEntries([...times].map(([name, list]) => [name, median(list)]));
  return { decode: medians(decode), prefill: medians(prefill) };
}
