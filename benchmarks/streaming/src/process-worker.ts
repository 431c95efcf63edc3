// A process with one engine: opens the engine named on its command line, then answers requests.
import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import type { Engine, EngineName, EngineOptions, Message, RunRequest } from './engine.ts';

// Imported when needed, so that no engine's memory contains another engine.
const openers: Readonly<Record<EngineName, (options: EngineOptions) => Promise<Engine>>> = {
  rondo: async (options) => (await import('./rondo.ts')).openRondo(options),
  runtime: async (options) => (await import('./rondo.ts')).openRuntime(options),
  'llama.cpp': async (options) => (await import('./llama-cpp.ts')).openLlamaCpp(options),
};

// As the command line does.
setFlagsFromString('--heap-growing-percent=30');

const [name = '', options = ''] = process.argv.slice(2);
const send = (message: Message) => process.send?.(message);

async function answer(engine: Engine, request: RunRequest): Promise<Message> {
  try {
    const run = await engine.run(request);
    return { run: { ...run, peakRssBytes: await peakRssBytes() } };
  } catch (error) {
    return { error: String(error) };
  }
}

/** The peak memory of this program alone, if the system reports it: `maxRSS` also counts the program that started it. */
async function peakRssBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS) * 1024;
}

async function serve(): Promise<void> {
  const engine = await openers[name as EngineName](JSON.parse(options) as EngineOptions);
  process.on('message', (request: RunRequest) => void answer(engine, request).then(send));
  process.on('disconnect', () => void engine.close().then(() => process.exit()));
  send({ loaded: { ...engine.loaded, peakRssBytes: await peakRssBytes() } });
}

serve().catch((error: unknown) => send({ error: String(error) }));
