// Turns what an encoder has noted into lists in the memories, with room for their temporaries, and has them executed.
import type { Arenas, Place } from './arenas.ts';
import type { Station } from './command-list.ts';
import type { CpuEncoder } from './encoder.ts';
import { CONTROL_BYTES, SCRATCH_BYTES } from './protocol.ts';
import type { Runner } from './runner.ts';

/** Gives the place where threads meet in a memory, made when it is first asked for. */
export function createStations(arenas: Arenas, threads: number): (memory: number) => Station {
  const stations: Station[] = [];
  return (memory) => {
    let station = stations[memory];
    if (!station) {
      const { address } = arenas.allocateIn(memory, CONTROL_BYTES + threads * SCRATCH_BYTES);
      arenas.view(memory, address, CONTROL_BYTES).fill(0);
      station = { control: address, scratch: address + CONTROL_BYTES };
      stations[memory] = station;
    }
    return station;
  };
}

/** Starts the work of encoders; each promise resolves when it is done. */
export function createSubmitter(
  arenas: Arenas,
  station: (memory: number) => Station,
  runner: Runner,
): (encoder: CpuEncoder) => Promise<void> {
  /** By memory: submissions are executed in order, so they all use the same room. */
  const temporaries: Place[] = [];
  const inFlight = new Set<Promise<void>>();

  function reserve(memory: number, bytes: number): number {
    const held = temporaries[memory];
    if (held && bytes <= held.bytes) return held.address;
    const larger = arenas.allocateIn(memory, bytes);
    temporaries[memory] = larger;
    // Work in flight still uses the old ones.
    if (held) void Promise.allSettled(inFlight).then(() => arenas.free(held));
    return larger.address;
  }

  return async (encoder) => {
    const lists: Place[] = [];
    const freeLists = () => {
      for (const list of lists) arenas.free(list);
    };
    let first: number;
    try {
      const addresses = encoder.plan().bytesIn.map((bytes, memory) => (bytes ? reserve(memory, bytes) : 0));
      first = encoder.write({
        temporaries: addresses,
        station,
        place(memory, words) {
          const list = arenas.allocateIn(memory, words.byteLength);
          lists.push(list);
          const { buffer, byteOffset } = arenas.view(memory, list.address, words.byteLength);
          new Uint32Array(buffer, byteOffset, words.length).set(words);
          return list.address;
        },
      });
    } catch (error) {
      freeLists();
      throw error;
    }
    const done = runner.run(first).finally(freeLists);
    inFlight.add(done);
    try {
      await done;
    } finally {
      inFlight.delete(done);
    }
  };
}
