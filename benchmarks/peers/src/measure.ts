// Runs engines in turns, so that other work of the machine affects all of them alike.
import { median } from '@rondo/bench-shared';
import type { Peer, Timing } from './peer.ts';

/** An engine by its name. */
export interface Named {
  readonly name: string;
  readonly peer: Peer;
}

/** Milliseconds a token of each engine, by name. */
export type MsPerToken = Readonly<Record<string, number>>;

/** The medians over `rounds` rounds. Each round asks every engine once; the first round does not count. */
export async function inTurns(
  engines: readonly Named[],
  rounds: number,
  ask: (peer: Peer) => Promise<Timing>,
): Promise<MsPerToken> {
  const times = new Map<string, number[]>(engines.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, peer } of engines) {
      const { tokens, ms } = await ask(peer);
      if (round > 0) times.get(name)?.push(ms / tokens);
    }
  }
  return Object.fromEntries([...times].map(([name, list]) => [name, median(list)]));
}
