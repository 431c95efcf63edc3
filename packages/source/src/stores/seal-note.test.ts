import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { noteLastState } from './seal-note.ts';

it('#71 a state that another process noted in between is not replaced by an earlier state', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-seal-'));
  const note = join(folder, 'sealed.json');
  const states = [100n, 200n];
  await noteLastState(
    folder,
    async () => {
      const mtimeNs = states.shift() ?? 200n;
      // After the first state was read, the other process writes, and notes the later state first.
      if (mtimeNs === 100n) await writeFile(note, '{"size":"7","mtimeNs":"200"}');
      return { size: 7n, mtimeNs };
    },
    undefined,
  );
  expect(JSON.parse(await readFile(note, 'utf8'))).toEqual({ size: '7', mtimeNs: '200' });
  await rm(folder, { recursive: true });
});
