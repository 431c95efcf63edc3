// Runs the benchmark from its command line to its files, on so little data that the figures mean nothing.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Results } from './report.ts';

it('bench:grammar --quick follows texts through every mask, and writes the results', async () => {
  const out = await mkdtemp(join(tmpdir(), 'rondo-bench-'));
  try {
    const main = join(import.meta.dirname, 'main.ts');
    const options = ['--conditions=rondo-source', main, '--quick', '--out', out];
    const { stdout } = await promisify(execFile)(process.execPath, options);
    const results = JSON.parse(await readFile(join(out, 'latest.json'), 'utf8')) as Results;
    expect(results.vocabulary.tokens).toBe(151_936);
    expect(results.schemas).toHaveLength(1);
    for (const { firstText, furtherTexts, randomTokens, accept, rollback } of results.schemas) {
      for (const { count, p50, max } of [firstText, furtherTexts, randomTokens, accept, rollback]) {
        expect(count).toBeGreaterThan(50);
        expect(p50).toBeGreaterThanOrEqual(0);
        expect(max).toBeGreaterThan(0);
      }
    }
    expect(`${await readFile(join(out, 'latest.md'), 'utf8')}\n`).toBe(stdout);
    expect(stdout).toMatch(/the first text/);
  } finally {
    await rm(out, { recursive: true });
  }
}, 120_000);
