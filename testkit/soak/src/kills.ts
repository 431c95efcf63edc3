// kill -9 of the commands that write files: the file must be whole or absent, and the next run must make it.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { demoModelPath, startRangeServer } from '@rondo/testkit';
import { must, type SoakProgram } from './soak.ts';

const main = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url));

/** A command that writes a file. */
interface Writer {
  readonly args: readonly string[];
  /** The path of the file, from what the command printed. */
  fileOf(stdout: string): string;
}

/** Starts the command line as a separate process. */
function start({ args }: Writer, cacheFolder: string) {
  const child = spawn(process.execPath, ['--conditions=rondo-source', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, XDG_CACHE_HOME: cacheFolder },
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].on('data', (part) => (said[stream] += String(part)));
  return { child, ended: once(child, 'close'), said };
}

const sha256Of = async (path: string): Promise<string | undefined> => {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes && createHash('sha256').update(bytes).digest('hex');
};

/** The file that an undisturbed run wrote, and how long the run took. */
interface Reference {
  readonly path: string;
  readonly sha256: string;
  readonly ms: number;
}

export const kills: SoakProgram = async ({ over, random }) => {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-soak-'));
  const cacheFolder = join(folder, 'cache');
  const server = await startRangeServer();
  let killed = 0;
  let survived = 0;

  /** Runs a command to its end. */
  async function wholeRun(writer: Writer): Promise<Reference> {
    const startMs = performance.now();
    const { ended, said } = start(writer, cacheFolder);
    const [code] = (await ended) as [number];
    must(code === 0, `${writer.args.join(' ')}: ends with ${code}. ${said.stderr}`);
    const path = writer.fileOf(said.stdout);
    const sha256 = await sha256Of(path);
    must(sha256 !== undefined, `${writer.args.join(' ')}: no file at ${path}.`);
    return { path, sha256, ms: performance.now() - startMs };
  }

  /** Kills a command at a random moment; the file must then be unchanged or whole. */
  async function killedRun(writer: Writer, { path, sha256, ms }: Reference): Promise<void> {
    const before = await sha256Of(path);
    const { child, ended } = start(writer, cacheFolder);
    await Promise.race([setTimeout(random() * ms), ended]);
    if (child.kill('SIGKILL')) killed++;
    await ended;
    const after = await sha256Of(path);
    must(
      after === before || after === sha256,
      `${writer.args.join(' ')}: killed, and the file is neither old nor new.`,
    );
    if (after === sha256) survived++;
  }

  try {
    server.files.set('/demo.gguf', { bytes: await readFile(demoModelPath('q8_0')), etag: '"soak"' });
    const target = join(folder, 'out.gguf');
    const writers: readonly Writer[] = [
      { args: ['synth', '--shape', 'tiny', '--out', target, '--force'], fileOf: () => target },
      {
        args: ['quantize', demoModelPath('f32'), '--quant', 'q4_0', '--out', target, '--force'],
        fileOf: () => target,
      },
      { args: ['pull', `${server.origin}/demo.gguf`], fileOf: (stdout) => stdout.trim() },
    ];
    const references = new Map<Writer, Reference>();
    for (const writer of writers) references.set(writer, await wholeRun(writer));
    do {
      for (const [writer, reference] of references) {
        await rm(cacheFolder, { recursive: true, force: true });
        // An earlier file must be whole at every moment, too.
        if (random() < 0.5) await writeFile(target, 'an older file');
        else await rm(target, { force: true });
        await killedRun(writer, reference);
        const { sha256 } = await wholeRun(writer);
        must(sha256 === reference.sha256, `${writer.args.join(' ')}: another file after a kill.`);
      }
    } while (!over());
    return `${killed} kills, ${survived} of them after the file was whole`;
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
};
