// The list of the sampling steps. The chain, the checks and types of the options and the options of the command line are derived
// from it.
import { adaptiveP } from './adaptive-p.ts';
import { dry } from './dry.ts';
import { logitBias } from './logit-bias.ts';
import { minP } from './min-p.ts';
import { mirostat } from './mirostat.ts';
import { penalties } from './penalties.ts';
import { temperature } from './temperature.ts';
import { topK } from './top-k.ts';
import { topNSigma } from './top-n-sigma.ts';
import { topP } from './top-p.ts';
import { typical } from './typical.ts';
import { xtc } from './xtc.ts';

/** The steps whose order can be chosen, in the default order, which is llama.cpp's. */
export const orderedSteps = [
  penalties,
  dry,
  topNSigma,
  topK,
  typical,
  topP,
  minP,
  xtc,
  temperature,
  adaptiveP,
] as const;

/** The steps with a fixed place: the logit bias comes first; Mirostat takes the place of the other steps. */
export const fixedSteps = [logitBias, mirostat] as const;

export { logitBias, mirostat, temperature };
