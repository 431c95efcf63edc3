// `rondo chat`: a conversation, on a terminal or with one message on each line of a pipe.
import { createInterface, type Interface } from 'node:readline/promises';
import { isRondoError } from '@rondo/errors';
import { findString } from '@rondo/gguf';
import type { GenerateOptions } from '@rondo/model';
import type { Io } from '../io.ts';
import { generateOptionsOf } from '../open-model.ts';
import { openSpeculating } from '../open-speculating.ts';
import type { chatOptions, ValuesOf } from '../options.ts';
import { mutedOutput } from '../output/muted-output.ts';
import { bracketedPaste, pastedInput, withLineBreaks } from '../output/pasted-input.ts';
import { printable } from '../output/printable.ts';
import { UsageError } from '../usage-error.ts';
import { readChatInput } from './chat-input.ts';
import { readGrammar } from '../read-grammar.ts';
import { createChatSession } from './chat-session.ts';
import { chatSetup } from './chat-setup.ts';

/**
 * On a terminal, Ctrl-C ends an answer, clears a line, or ends the chat. An error of one message is shown, and the next
 * message may succeed. From a pipe, the first error ends the chat.
 *
 * @throws UsageError, RondoError, the signal's reason
 */
export async function chat(name: string, options: ValuesOf<typeof chatOptions>, io: Io): Promise<void> {
  await using opened = await openSpeculating(name, options, io);
  const { model, speculate } = opened;
  const setup = await chatSetup(options, io);
  const grammar = await readGrammar(options, io);
  const given: GenerateOptions = { ...generateOptionsOf(options), ...grammar, speculate };
  const session = createChatSession(model, setup, given, io, options.json);
  const { note } = session;
  const onTerminal = Boolean(io.stdin.isTTY && io.stdout.isTTY);

  if (!onTerminal) {
    const lines = createInterface({ input: io.stdin, terminal: false, signal: io.signal });
    for await (const line of lines) {
      const goesOn = await session.take(readChatInput(line), io.signal, (reason) => {
        throw new UsageError(reason);
      });
      if (!goesOn) break;
    }
    lines.close();
    io.signal.throwIfAborted();
    return;
  }

  const title = findString(model.gguf, 'general.name') ?? name;
  note(printable(`${title}. Ctrl-C ends an answer; /new begins a new conversation; /help shows more.`));
  const output = mutedOutput(io.stdout);
  io.stdout.write(bracketedPaste.on);
  const input = pastedInput(io.stdin);
  const lines = createInterface({
    input,
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

  try {
    lines.prompt();
    for await (const line of lines) {
      const aborting = new AbortController();
      answering = aborting;
      output.muted = true;
      try {
        const signal = AbortSignal.any([io.signal, aborting.signal]);
        const goesOn = await session.take(readChatInput(withLineBreaks(line)), signal, (reason) =>
          note(printable(reason)),
        );
        if (!goesOn) break;
      } catch (error) {
        if (!aborting.signal.aborted || io.signal.aborted) {
          if (!isRondoError(error)) throw error;
          note(printable(`${error.message} (${error.code})`));
        }
      } finally {
        answering = undefined;
        output.muted = false;
      }
      lines.prompt(true);
    }
  } finally {
    lines.close();
    input.destroy();
    io.stdout.write(bracketedPaste.off);
  }
  io.signal.throwIfAborted();
  io.stdout.write('\n');
}

function clearLine(lines: Interface): void {
  lines.write(null, { ctrl: true, name: 'e' });
  lines.write(null, { ctrl: true, name: 'u' });
}
