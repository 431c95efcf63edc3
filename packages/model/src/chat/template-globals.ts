// The functions and constants that chat templates expect beside their messages.
import { RondoError } from '@rondo/errors';
import { templateLimits } from './template-limits.ts';
import { overLimit } from './value-size.ts';

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

// In English whatever the machine's language: that is what models were trained with.
function formatTime(date: Date, format: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const month = months[date.getMonth()] ?? '';
  const parts: Readonly<Record<string, string>> = {
    '%Y': String(date.getFullYear()),
    '%m': two(date.getMonth() + 1),
    '%d': two(date.getDate()),
    '%b': month.slice(0, 3),
    '%B': month,
    '%H': two(date.getHours()),
    '%M': two(date.getMinutes()),
    '%S': two(date.getSeconds()),
    '%%': '%',
  };
  return String(format).replaceAll(/%./g, (code) => parts[code] ?? code);
}

function range(first: unknown, last?: unknown, by?: unknown): number[] {
  const start = last === undefined ? 0 : Number(first);
  const stop = Number(last ?? first);
  const step = Number(by ?? 1);
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (!Number.isFinite(count)) throw new Error('range() needs numbers, and a step that is not zero');
  if (count > templateLimits.elements)
    throw overLimit(`range() of ${count} elements`, templateLimits.elements);
  return Array.from({ length: count }, (_, index) => start + index * step);
}

/** What every template finds defined. `now` is the time that `strftime_now` tells. */
export function templateGlobals(now: () => Date): Readonly<Record<string, unknown>> {
  return {
    true: true,
    false: false,
    none: null,
    True: true,
    False: false,
    None: null,
    range,
    raise_exception(reason: unknown) {
      throw new RondoError('BAD_TEMPLATE', `The chat template refuses these messages: ${String(reason)}`, {
        details: { reason: String(reason) },
      });
    },
    strftime_now: (format: string) => formatTime(now(), format),
  };
}
