// `pnpm test` runs this program first: it prepares the reference data that is not in the repository. A second run finds
// all of it in place.
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { demoModelPath } from '@rondo/testkit';
import { prepareChromium } from './chromium.ts';
import { prepareDemoModel } from './demo-model.ts';
import { prepareLlamaCpp } from './llama-cpp.ts';

await mkdir(dirname(demoModelPath('q4_0')), { recursive: true });
await Promise.all([prepareDemoModel(), prepareLlamaCpp(), prepareChromium()]);
