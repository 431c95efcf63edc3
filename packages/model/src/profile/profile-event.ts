// What a profile consists of. This file has only types.

/** A part of the time of a model: an operation of a thread, a read, a wait. */
export interface ProfileEvent {
  /**
   * What was busy: `pass`, `host`, `wait`, `evict`, or `thread` and `read` with the number of the thread or the read. Events of
   * the track `lost` say how many operations the backend could not tell.
   */
  readonly track: string;
  /** What was done, such as `matmul Q4_0`. */
  readonly name: string;
  /** Milliseconds of `performance.now()`. */
  readonly startMs: number;
  /** Milliseconds of `performance.now()`. An event without a duration ends when it starts. */
  readonly endMs: number;
  /** More about the event: `part` (the part of the model, such as `layer 3`), `weightBytes`, `bytes`, `tokens`. */
  readonly details?: Readonly<Record<string, string | number>> | undefined;
}

/** Takes the events of a model, as `createProfile()` does. */
export interface ProfileSink {
  /** Called for each event, when it has ended. Events of different tracks do not come in the order of time. */
  record(event: ProfileEvent): void;
}
