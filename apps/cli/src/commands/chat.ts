// `rondo chat`: a conversation, on a terminal or with one message on each line of a pipe.
import { createInterface, type Interface } from 'node:readline/promises';
import { styleText } from 'node:util';
import { RondoError } from '@rondo/errors';
import { findString } from '@rondo/gguf';
import type { GenerateOptions } from '@rondo/model';
import type { Io } from '../io.ts';
import { generateOptionsOf } from '../open-model.ts';
import { openSpeculating } from '../open-speculating.ts';
import type { chatOptions, ValuesOf } from '../options.ts';
import { mutedOutput } from '../output/muted-output.ts';
import { printable, shown } from '../output/printable.ts';

/**
 * On a terminal, Ctrl-C ends an answer, clears a line, or leaves; what goes wrong with one message is shown and the next
 * may do better. From a pipe, the first error ends it.
 *
 * @throws UsageError, RondoError, the signal's reason
 */
export async function chat(name: string, options: ValuesOf<typeof chatOptions>, io: Io): Promise<void> {
  await using opened = await openSpeculating(name, options, io);
  const { model, speculate } = opened;
  const begin = () => model.createChat({ system: options.system });
  let conversation = begin();
  const given: GenerateOptions = { ...generateOptionsOf(options), speculate };
  const onTerminal = Boolean(io.stdin.isTTY && io.stdout.isTTY);
  const note = (text: string) => io.stderr.write(`${styleText('dim', text, { stream: io.stderr })}\n`);

  async function answer(message: string, signal: AbortSignal): Promise<void> {
    let last = '\n';
    let isFull = false;
    const settings: GenerateOptions = { ...given, signal };
    try {
      for await (const { text, summary } of conversation.send(message, settings)) {
        io.stdout.write(shown(text, io.stdout));
        if (text !== '') last = text;
        isFull = summary?.reason === 'context';
      }
    } finally {
      if (!last.endsWith('\n')) io.stdout.write('\n');
    }
    if (isFull) note('The context is full: /new begins a new conversation.');
  }

  if (!onTerminal) {
    const lines = createInterface({ input: io.stdin, terminal: false, signal: io.signal });
    for await (const line of lines) {
      if (line.trim() === '/exit') break;
      if (line.trim() === '/new') conversation = begin();
      else if (line.trim() !== '') await answer(line, io.signal);
    }
    lines.close();
    io.signal.throwIfAborted();
    return;
  }

  const title = findString(model.gguf, 'general.name') ?? name;
  note(printable(`${title}. Ctrl-C ends an answer; /new begins a new conversation; /exit or Ctrl-D leaves.`));
  const output = mutedOutput(io.stdout);
  const lines = createInterface({
    input: io.stdin,
    output: output.stream,
    terminal: true,
    prompt: '> ',
    signal: io.signal,
  });
  let answering: AbortController | undefined;
  lines.on('SIGINT', () => {
    if (answering) answering.abort();
    else if (lines.line === '') lines.close();
    else clearLine(lines);
  });
  lines.on('close', () => answering?.abort());

  lines.prompt();
  for await (const line of lines) {
    const message = line.trim();
    if (message === '/exit') break;
    if (message === '/new') conversation = begin();
    else if (message !== '') {
      answering = new AbortController();
      output.muted = true;
      try {
        await answer(line, AbortSignal.any([io.signal, answering.signal]));
      } catch (error) {
        if (!answering.signal.aborted || io.signal.aborted) {
          if (!(error instanceof RondoError)) throw error;
          note(printable(`${error.message} (${error.code})`));
        }
      } finally {
        answering = undefined;
        output.muted = false;
      }
    }
    lines.prompt(true);
  }
  lines.close();
  io.signal.throwIfAborted();
  io.stdout.write('\n');
}

function clearLine(lines: Interface): void {
  lines.write(null, { ctrl: true, name: 'e' });
  lines.write(null, { ctrl: true, name: 'u' });
}
