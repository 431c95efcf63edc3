// Runs the benchmark from its command line to its files, on so little data that the figures mean nothing.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { formats } from '@rondo/tensor';
import { expect, it } from 'vitest';
import type { Results } from './report.ts';
import { MERGES, TOKENS } from './vocabulary-file.ts';

it('bench:gguf --quick measures both parsers on all strings and every format, and writes the results', async () => {
  const out = await mkdtemp(join(tmpdir(), 'rondo-bench-'));
  try {
    const main = join(import.meta.dirname, 'main.ts');
    const options = ['--conditions=rondo-source', main, '--quick', '--out', out];
    const { stdout } = await promisify(execFile)(process.execPath, options);
    const results = JSON.parse(await readFile(join(out, 'latest.json'), 'utf8')) as Results;
    expect(results.header.strings).toBe(TOKENS + MERGES);
    for (const { min } of [results.header.ours, results.header.oursTouched, results.header.huggingFace]) {
      expect(min).toBeGreaterThan(0);
    }
    // Undefined if the temporary folder is not on a disk.
    for (const { ours } of results.fileReads.speeds ?? []) expect(ours.min).toBeGreaterThan(0);
    expect(results.formats.map(({ dtype }) => dtype)).toEqual([...formats.keys()]);
    for (const { dtype, decoded, encoded } of results.formats) {
      expect(decoded.median).toBeGreaterThan(0);
      expect(encoded !== undefined).toBe(formats.get(dtype)?.quantize !== undefined);
    }
    expect(`${await readFile(join(out, 'latest.md'), 'utf8')}\n`).toBe(stdout);
    expect(stdout).toMatch(/^\| @huggingface\/gguf/m);
    expect(stdout).toMatch(/^\| Q4_K/m);
  } finally {
    await rm(out, { recursive: true });
  }
}, 120_000);
