// A session: one device from its opening to its loss, with its queue, its running work, and the error that ends the session.
// Everything made in a session is lost with the session.
import { RondoError } from '@rondo/errors';
import type { OpenDevice } from './device.ts';
import { createHostTier, type HostTier } from './host-tier.ts';
import { createMemory, type Memory } from './memory.ts';
import { pipelinesOf, type Pipelines } from './pipelines.ts';

/** A device in use. */
export interface Session extends OpenDevice {
  readonly memory: Memory;
  readonly hostTier: HostTier;
  readonly pipelines: Pipelines;
  /** The error that ended the session; undefined while the session works. */
  readonly ended: RondoError | undefined;
  /**
   * Runs a step on the device, in the order of the calls. The step runs at once if no earlier step waits and no buffer waits
   * for the device's answer. Settles with the result of the step, or rejects if the session ends first.
   *
   * @throws RondoError `BACKEND_FAILED` when the device is lost or refuses the work, `CLOSED` after dispose
   */
  run<Result>(step: () => Result | Promise<Result>): Promise<Result>;
  /** Aborts with the error of the session when the session ends. */
  readonly signal: AbortSignal;
  /** Resolves when all work submitted so far is done. @throws RondoError the session's error, if the session ends first */
  finished(): Promise<void>;
  /** Ends the session: all running work rejects with this error, and the memory and the device are released. */
  end(error: RondoError): void;
}

/** Memory limits of a session. */
export interface SessionOptions {
  /** The most bytes on the device. */
  readonly maximumBytes: number;
  /** The most bytes of weights that host memory keeps. */
  readonly hostMemoryBytes: number;
}

/** A session on an open device. */
export function createSession(open: OpenDevice, { maximumBytes, hostMemoryBytes }: SessionOptions): Session {
  const { device, traits } = open;
  let ended: RondoError | undefined;
  const hostTier = createHostTier(device, hostMemoryBytes);
  const pipelines = pipelinesOf(device);
  const memory = createMemory({
    device,
    maximumBytes,
    bufferBytes: traits.bufferBytes,
    ended: () => ended,
    onFree: (id) => pipelines.forget(id),
  });
  const ending = new AbortController();
  const underWay = new Set<(error: RondoError) => void>();
  /** Resolves when all waiting steps have been run. */
  let waiting: Promise<void> | undefined;

  function end(error: RondoError): void {
    if (ended) return;
    ended = error;
    ending.abort(error);
    for (const reject of underWay) reject(error);
    underWay.clear();
    hostTier.free();
    memory.freeAll();
    if (open.owned) device.destroy();
  }

  void device.lost.then(({ reason, message }) =>
    end(
      new RondoError(
        'BACKEND_FAILED',
        `The GPU device was lost (${reason}): ${message || 'the platform gives no reason'}.`,
        { details: { lost: reason } },
      ),
    ),
  );
  // If the caller's code also uses the device, an error may come from the caller's code.
  if (open.owned) {
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      end(
        new RondoError('BACKEND_FAILED', `The GPU device refused work: ${event.error.message}`, {
          cause: event.error,
        }),
      );
    });
  }

  /** Settles as `promise`, or rejects if the session ends first. */
  function guard<Result>(promise: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      underWay.add(reject);
      promise
        .then(resolve, (error: unknown) => reject(ended ?? error))
        .finally(() => underWay.delete(reject));
    });
  }

  return {
    ...open,
    memory,
    hostTier,
    pipelines,
    get ended() {
      return ended;
    },
    run(step) {
      if (ended) return Promise.reject(ended);
      const answers = memory.settled();
      if (!waiting && !answers) return guard((async () => step())());
      const turn = Promise.all([waiting, answers]).then(() => {
        if (ended) throw ended;
      });
      // Steps begin in order. A later step does not wait for the result of an earlier step.
      const begun = turn.then(() => ({ result: step() }));
      const next = begun.then(
        () => {},
        () => {},
      );
      waiting = next;
      void next.then(() => {
        if (waiting === next) waiting = undefined;
      });
      return guard(begun.then(({ result }) => result));
    },
    signal: ending.signal,
    finished: () =>
      ended ? Promise.reject(ended) : guard(device.queue.onSubmittedWorkDone().then(() => {})),
    end,
  };
}
