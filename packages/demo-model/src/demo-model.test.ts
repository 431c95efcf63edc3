import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { demoModelBytes, demoModelSha256, demoModelUrl } from './index.ts';

it('the demo model is the complete trained file', () => {
  const file = readFileSync(demoModelUrl);
  expect(file.length).toBe(demoModelBytes);
  expect(file.toString('latin1', 0, 4)).toBe('GGUF');
  expect(createHash('sha256').update(file).digest('hex')).toBe(demoModelSha256);
});

it('the demo model is published beside the code, at the same place for src and dist', () => {
  expect(packageJson.files).toContain('data');
  const fromDist = new URL('../data/shakespeare-q8_0.gguf', new URL('../dist/index.js', import.meta.url));
  expect(fromDist.href).toBe(demoModelUrl.href);
});
