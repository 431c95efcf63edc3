// Aborts at random moments of a streaming model whose budget changes. The next answer must have the same tokens, and
// disposal must end.
import { setTimeout } from 'node:timers/promises';
import { loadModel, type Model } from '@rondo/model';
import { demoModelPath } from '@rondo/testkit';
import { greedyIds, must, type SoakProgram } from './soak.ts';

const prompt = 'ROMEO:\nI will';
const tokens = 6;
const budgets = ['4.4MB', '5.2MB', '12MB'];
/** Aborts of one model before another model is loaded. */
const abortsOfAModel = 25;
/** Milliseconds after which a disposal or a change of the budget counts as hanging. */
const HANGS_MS = 60_000;

const ids = (model: Model, signal?: AbortSignal) => greedyIds(model, prompt, tokens, signal);

/** The result of the promise. @throws Error if it does not settle */
async function settles<Result>(what: string, promise: Promise<Result>): Promise<Result> {
  const done = new AbortController();
  const late = setTimeout(HANGS_MS, undefined, { signal: done.signal }).then(() => {
    throw new Error(`${what} hangs.`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    done.abort();
    late.catch(() => {});
  }
}

export const aborts: SoakProgram = async ({ over, random }) => {
  let aborted = 0;
  let finished = 0;
  let expected: number[] | undefined;
  while (!over() || expected === undefined) {
    const model = await loadModel(demoModelPath('q8_0'), { context: 128, memory: '4.4MB' });
    expected ??= await ids(model);
    const startMs = performance.now();
    await ids(model);
    const wholeMs = performance.now() - startMs;
    for (let i = 0; i < abortsOfAModel && !over(); i++) {
      const reason = new Error('aborted by the soak');
      const abort = new AbortController();
      const timer = setTimeout(random() * wholeMs).then(() => abort.abort(reason));
      const outcome = await ids(model, abort.signal).catch((error: unknown) => error);
      if (outcome === reason) aborted++;
      else {
        must(Array.isArray(outcome), `An abort gives another error: ${String(outcome)}`);
        must(String(outcome) === String(expected), `Other tokens: ${String(outcome)}`);
        finished++;
      }
      await timer;
      const budget = budgets[Math.floor(random() * budgets.length)] ?? '4.4MB';
      if (random() < 0.3) await settles('setMemoryBudget', model.setMemoryBudget(budget));
      const after = await settles('generate', ids(model));
      must(String(after) === String(expected), `Other tokens after an abort: ${String(after)}`);
    }
    await settles('dispose', model.dispose());
  }
  return `${aborted} aborts, ${finished} answers that came first; the tokens were the same each time`;
};
