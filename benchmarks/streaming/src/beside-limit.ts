// What the physical limit is made of, measured in turns with the run that is held to it: the same model in memory, which
// computes and waits for nothing, and the disk.
import { median } from '@rondo/bench-shared';
import { inTurns, openLimited, type Bench, type RowFigures } from './bench.ts';
import { openComputation } from './computation.ts';
import { createDiskMeter } from './disk-speed.ts';
import type { Run, RunRequest } from './engine.ts';
import { shapeOf, type ModelChoice } from './models.ts';
import { missingBytes, physicalLimitMs, usedBytes } from './physical-limit.ts';

/** A run that is held to the physical limit of a pass. */
export interface LimitedRun {
  readonly what: string;
  readonly choice: ModelChoice;
  readonly memoryBytes: number;
  readonly contextTokens: number;
  /** What is asked of the engines, another text each time. */
  request(vocabularySize: number): RunRequest;
  /** Of a run: the time of a pass, and the bytes read for it. */
  passMs(run: Run): number;
  passBytesRead(run: Run): number;
  /** Who else is asked in turns, and about the same. */
  readonly also?: ((request: RunRequest, counts: boolean) => Promise<void>) | undefined;
}

/** What it came to. */
export interface BesideLimit {
  readonly figures: RowFigures;
  /** The physical limit's time by the time measured. */
  readonly share: number;
  readonly peakRssBytes: number;
  /** What it came to, for people. */
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
