// Keeps the events of a model, for a trace and a summary.
import { checkOptions, count, type Check } from '../common/check-arguments.ts';
import type { ProfileEvent, ProfileSink } from './profile-event.ts';
import { summaryOf, type ProfileSummary } from './summary.ts';
import { traceOf } from './trace.ts';

/** How much a profile keeps. */
export interface ProfileOptions {
  /**
   * The most events that are kept; later events are dropped and counted. An event takes about 200 bytes, which no budget
   * counts. Default 1,000,000: about 1,000 tokens of a model of 22 layers on two threads.
   */
  readonly mostEvents?: number | undefined;
}

/** The events of a model. */
export interface Profile extends ProfileSink {
  /** Number of events that were dropped, since there were `mostEvents` already. */
  readonly dropped: number;
  /** The trace in the Trace Event Format of Chrome, which https://ui.perfetto.dev opens, as pieces of one JSON text. */
  trace(): Generator<string, void, undefined>;
  /** What took how long. */
  summary(): ProfileSummary;
}

const DEFAULT_EVENTS = 1_000_000;

const profileChecks: Readonly<Record<keyof ProfileOptions, Check>> = { mostEvents: count };

/**
 * An empty profile, for `LoadOptions.profile`. One profile serves one model.
 *
 * @throws RondoError `BAD_ARGUMENT` for options that are unknown or of another kind
 */
export function createProfile(options: ProfileOptions = {}): Profile {
  checkOptions('createProfile', options, profileChecks);
  const { mostEvents = DEFAULT_EVENTS } = options;
  const events: ProfileEvent[] = [];
  let dropped = 0;
  return {
    get dropped() {
      return dropped;
    },
    record(event) {
      if (events.length < mostEvents) events.push(event);
      else dropped += 1;
    },
    trace: () => traceOf(events),
    summary: () => summaryOf(events),
  };
}
