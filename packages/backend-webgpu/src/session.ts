// One device from its opening to its loss: its queue, what is under way on it, and the error that ends it. What was made in
// a session is gone with it.
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
  /** Why nothing works here any more. */
  readonly ended: RondoError | undefined;
  /**
   * Runs steps on the device in the order of the calls, at once where nothing is to be waited for, and settles with what
   * they give: rejects when the session ends first.
   *
   * @throws RondoError `BACKEND_FAILED` when the device is lost or refuses the work, `CLOSED` after dispose
   */
  run<Result>(step: () => Result | Promise<Result>): Promise<Result>;
  /** Aborts with that error when the session ends. */
  readonly signal: AbortSignal;
  /** Resolves when all work submitted so far is done. @throws RondoError what ended the session, when that comes first */
  finished(): Promise<void>;
  /** Ends the session: everything under way rejects with this error, and the memory and the device are given up. */
  end(error: RondoError): void;
}

/** How much a session may hold. */
export interface SessionOptions {
  /** On the device. */
  readonly maximumBytes: number;
  /** In host memory, of weights that pass through. */
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
  /** Resolves when the steps that had to wait have been run. */
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
  // On a device that others use too, an error may be theirs.
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

  /** What `promise` gives, unless the session ends first. */
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
      // Steps begin in order; what they then wait for is their own business.
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
