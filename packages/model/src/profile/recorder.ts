// Makes the events of a model from what its parts tell.
import type { ByteSource } from '@rondo/source';
import type { Profiler } from '@rondo/tensor';
import type { ProfileSink } from './profile-event.ts';
import { BARRIER } from './summary.ts';

/** Waits at a barrier shorter than this are not worth an event: about the time of reading the clock twice. */
const LEAST_BARRIER_MS = 0.0005;

/** Calls `use`, and records how long it took. Without a sink, it only calls `use`. */
export function timed<T>(sink: ProfileSink | undefined, name: string, use: () => T): T {
  if (!sink) return use();
  const startMs = performance.now();
  try {
    return use();
  } finally {
    sink.record({ track: 'host', name, startMs, endMs: performance.now() });
  }
}

/** Records the operations of a backend's threads. The returned function ends that. */
export function recordOperations(profiler: Profiler, sink: ProfileSink): () => void {
  let { lost } = profiler;
  return profiler.listen((operations) => {
    if (profiler.lost > lost) {
      const nowMs = performance.now();
      const details = { operations: profiler.lost - lost };
      sink.record({
        track: 'lost',
        name: 'operations that were not told',
        startMs: nowMs,
        endMs: nowMs,
        details,
      });
      lost = profiler.lost;
    }
    for (const { thread, name, part, weightBytes, waitMs, startMs, endMs } of operations) {
      const track = `thread ${thread}`;
      if (startMs - waitMs > LEAST_BARRIER_MS)
        sink.record({ track, name: BARRIER, startMs: waitMs, endMs: startMs });
      const details = { part, ...(weightBytes > 0 && { weightBytes }) };
      sink.record({ track, name, startMs, endMs, details });
    }
  });
}

/** `source`, with an event for each read. Reads that are under way at the same time have tracks of their own. */
export function recordReads(source: ByteSource, sink: ProfileSink): ByteSource {
  const busy: boolean[] = [];
  return {
    size: source.size,
    identity: source.identity,
    alignment: source.alignment,
    async readInto(target, offset, options) {
      const free = busy.indexOf(false);
      const lane = free < 0 ? busy.length : free;
      busy[lane] = true;
      const startMs = performance.now();
      try {
        await source.readInto(target, offset, options);
      } finally {
        busy[lane] = false;
        const details = { offset, bytes: target.length };
        sink.record({ track: `read ${lane}`, name: 'read', startMs, endMs: performance.now(), details });
      }
    },
    close: () => source.close(),
  };
}
