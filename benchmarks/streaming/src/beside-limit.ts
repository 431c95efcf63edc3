// Measures the parts of the physical limit in turns with the run that is compared with it: the computation of the same
// model in memory, which waits for nothing, and the disk.
import { median } from '@rondo/bench-shared';
import { inTurns, openLimited, type Bench, type RowFigures } from './bench.ts';
import { openComputation } from './computation.ts';
import { createDiskMeter } from './disk-speed.ts';
import type { Run, RunRequest } from './engine.ts';
import { shapeOf, type ModelChoice } from './models.ts';
import { missingBytes, physicalLimitMs, usedBytes } from './physical-limit.ts';

/** A run that is compared with the physical limit of a pass. */
export interface LimitedRun {
  readonly what: string;
  readonly choice: ModelChoice;
  readonly memoryBytes: number;
  readonly contextTokens: number;
  /** The request to the engines, with another text each time. */
  request(vocabularySize: number): RunRequest;
  /** The time of a pass of a run, and the bytes read for it. */
  passMs(run: Run): number;
  passBytesRead(run: Run): number;
  /** Another engine that is asked in turns, about the same. */
  readonly also?: ((request: RunRequest, counts: boolean) => Promise<void>) | undefined;
}

/** The result of the comparison. */
export interface BesideLimit {
  readonly figures: RowFigures;
  /** The time of the physical limit divided by the measured time. */
  readonly share: number;
  readonly peakRssBytes: number;
  /** The result for people. */
  readonly text: string;
}

/** Measures it. */
export async function measureBesideLimit(bench: Bench, run: LimitedRun): Promise<BesideLimit> {
  const { what, choice, memoryBytes, contextTokens, passMs } = run;
  const model = await bench.model(choice);
  const disk = await createDiskMeter(model);
  await using computation = await openComputation(bench, choice, model, {
    contextTokens,
    othersBytes: (run.also ? 2 : 1) * memoryBytes,
  });
  await using streaming = await openLimited(bench, 'rondo', { path: model.path, contextTokens }, memoryBytes);
  const runs: Run[] = [];
  const computeTimes: number[] = [];
  const request = () => run.request(model.vocabularySize);
  await inTurns(bench.rounds, [
    async (counts) => {
      const resident = await computation.process.run(request());
      if (counts) computeTimes.push(passMs(resident));
    },
    () => disk.measure(),
    async (counts) => {
      const streamed = await streaming.run(request());
      if (counts) runs.push(streamed);
    },
    async (counts) => run.also?.(request(), counts),
  ]);

  const { weightBytes, weightRoomBytes } = streaming.loaded;
  const missing = missingBytes({ ...model, weightBytes, weightRoomBytes });
  const computeMs = computation.scaled(median(computeTimes), usedBytes({ ...model, weightBytes }));
  const speed = disk.result();
  const limitMs = physicalLimitMs(computeMs, missing, speed.bytesPerSecond);
  const measuredMs = median(runs.map(passMs));
  const share = limitMs / measuredMs;
  const scaled =
    computation.layers === undefined
      ? ''
      : `; computation of ${computation.layers} of ${shapeOf(choice).layers} layers, scaled by the weights used`;
  return {
    share,
    peakRssBytes: Math.max(...runs.map(({ peakRssBytes }) => peakRssBytes)),
    text: `${measuredMs.toFixed(0)} ms, the physical limit ${limitMs.toFixed(0)}${scaled}`,
    figures: {
      what,
      measuredMs,
      limitMs,
      computeMs,
      missingBytes: missing,
      readBytes: median(runs.map(run.passBytesRead)),
      disk: speed,
    },
  };
}
