// Writes events in the Trace Event Format: "complete" events (`X`) and "instant" events (`i`) of one process, with a thread
// for each track. https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
import type { ProfileEvent } from './profile-event.ts';

/** Tracks in the order in which a viewer shows them. Other tracks come last. */
const firstTracks = ['pass', 'host', 'wait', 'evict', 'thread', 'read'];

/** The pieces of the JSON text of a trace. Times are microseconds since the first event. */
export function* traceOf(events: readonly ProfileEvent[]): Generator<string, void, undefined> {
  const originMs = events.reduce((least, { startMs }) => Math.min(least, startMs), Infinity);
  const microseconds = (ms: number) => Math.round((ms - originMs) * 1e6) / 1e3;
  const tracks = [...new Set(events.map(({ track }) => track))].toSorted(
    (a, b) => rankOf(a) - rankOf(b) || a.localeCompare(b, 'en', { numeric: true }),
  );
  const threadIds = new Map(tracks.map((track, index) => [track, index + 1]));
  yield '{"displayTimeUnit":"ms","traceEvents":[\n';
  let separator = '';
  for (const [track, tid] of threadIds) {
    yield `${separator}${JSON.stringify({ ph: 'M', name: 'thread_name', pid: 1, tid, args: { name: track } })}`;
    separator = ',\n';
    yield `${separator}${JSON.stringify({ ph: 'M', name: 'thread_sort_index', pid: 1, tid, args: { sort_index: tid } })}`;
  }
  for (const { track, name, startMs, endMs, details } of events) {
    const common = {
      name,
      pid: 1,
      tid: threadIds.get(track),
      ts: microseconds(startMs),
      args: details ?? {},
    };
    const event =
      endMs > startMs
        ? { ...common, ph: 'X', dur: Math.round((endMs - startMs) * 1e6) / 1e3 }
        : { ...common, ph: 'i', s: 't' };
    yield `${separator}${JSON.stringify(event)}`;
  }
  yield '\n]}\n';
}

function rankOf(track: string): number {
  const rank = firstTracks.indexOf(track.replace(/ \d+$/, ''));
  return rank < 0 ? firstTracks.length : rank;
}
