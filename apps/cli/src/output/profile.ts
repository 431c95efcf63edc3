// The summary of a profile for people.

import { formatBytes, type Profile } from '@rondo/model';
import { columns } from './columns.ts';
import { count, duration, percent } from './numbers.ts';

/** Kinds of operations that the summary names; the others are added up. */
const NAMED_OPERATIONS = 10;

/** The lines of the summary. Times are of all passes together. */
export function profileLines(profile: Profile): string[] {
  const summary = profile.summary();
  const { passes, passMs, threads, operations, barrierMs, idleMs, hostMs, waitMs, reads } = summary;
  const { evictions, lostOperations } = summary;
  const share = (ms: number) => (passMs > 0 ? percent(ms / passMs) : '');
  const perSecond = (bytes: number, ms: number) =>
    bytes > 0 && ms > 0 ? `${formatBytes((bytes / ms) * 1000)}/s` : '';
  const named = operations.slice(0, NAMED_OPERATIONS);
  const others = operations.slice(NAMED_OPERATIONS);
  const otherMs = others.reduce((sum, { ms }) => sum + ms, 0);
  const rows = [
    ...named.map(({ name, ms, weightBytes }) => [name, ms, perSecond(weightBytes, ms)] as const),
    ...(others.length > 0 ? [[`${others.length} other operations`, otherMs, ''] as const] : []),
    ['barriers', barrierMs, ''] as const,
    ['idle threads', idleMs, ''] as const,
    ['host (beside the threads)', hostMs, ''] as const,
    ['waits for weights', waitMs, ''] as const,
  ];
  return [
    `Profile of ${count(passes)} passes, ${duration(passMs)}, ${threads} threads (times are means of the threads):`,
    ...columns([
      ...rows.map(([name, ms, speed]) => [name, duration(ms), share(ms), speed]),
      ['reads, loading included', duration(reads.busyMs), '', perSecond(reads.bytes, reads.busyMs)],
    ]),
    `  ${count(reads.count)} reads of ${formatBytes(reads.bytes)}, ${count(evictions)} evictions`,
    ...(lostOperations > 0
      ? [`  ${count(lostOperations)} operations are missing: the host was too busy`]
      : []),
    ...(profile.dropped > 0 ? [`  ${count(profile.dropped)} events were dropped: the profile was full`] : []),
  ];
}
