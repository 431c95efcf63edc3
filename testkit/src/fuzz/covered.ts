// Records which parts of source files have run, as V8 counts them: no instrumented build and no native addon is needed.
import { Session, type Profiler } from 'node:inspector';

/** The code that ran since the last look. */
export interface Covered {
  /** Whether any of it had never run before the last `remember`. */
  readonly isNew: boolean;
  /** Counts it as known code from now on. */
  remember(): void;
}

/** Watches the functions of some files. */
export interface Coverage {
  /** The code that ran since the last call. */
  look(): Covered;
  /** Characters of source that have run and were remembered. */
  readonly characters: number;
}

let counting: Session | undefined;

/** Never stopped: V8 counts the blocks of a function only if counting was on when the function was compiled. */
function countingSession(): Session {
  if (counting !== undefined) return counting;
  counting = new Session();
  counting.connect();
  counting.post('Profiler.enable');
  counting.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return counting;
}

/**
 * Watches the files whose address contains `part`, in this thread; only one watch at a time. For functions that ran
 * before the first watch, only calls are seen, not their branches.
 *
 * @see https://v8.dev/blog/javascript-code-coverage (block coverage)
 */
export function watchCoverage(part: string): Coverage {
  const session = countingSession();
  const known = new Map<string, Uint8Array>();

  function look(): Covered {
    const ran = new Map<string, Uint8Array>();
    session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error) throw error;
      for (const script of result) if (script.url.includes(part)) ran.set(script.url, charactersRun(script));
    });
    const isNew = [...ran].some(([url, now]) => {
      const before = known.get(url);
      return now.some((count, i) => count > (before?.[i] ?? 0));
    });
    return {
      isNew,
      remember() {
        for (const [url, now] of ran) {
          const before = known.get(url) ?? new Uint8Array(0);
          const all = before.length >= now.length ? before : new Uint8Array(now.length);
          if (all !== before) all.set(before);
          for (const [i, count] of now.entries()) if (count > 0) all[i] = 1;
          known.set(url, all);
        }
      },
    };
  }

  look();
  return {
    look,
    get characters() {
      return [...known.values()].reduce((sum, ran) => sum + ran.reduce((a, b) => a + b, 0), 0);
    },
  };
}

/** 1 for each character of a file that ran. V8 lists a function's range first, then inner ranges with other counts. */
function charactersRun({ functions }: Profiler.ScriptCoverage): Uint8Array {
  const end = Math.max(0, ...functions.flatMap(({ ranges }) => ranges.map(({ endOffset }) => endOffset)));
  const ran = new Uint8Array(end);
  for (const { ranges } of functions) {
    if (!ranges[0]?.count) continue;
    for (const { startOffset, endOffset, count } of ranges)
      ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  }
  return ran;
}
