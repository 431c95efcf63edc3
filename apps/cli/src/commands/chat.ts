// `rondo chat`: a conversation, on a terminal or with one message on each line of a pipe.
import { createInterface, type Interface } from 'node:readline/promises';
import { styleText } from 'node:util';
import { isRondoError } from '@rondo/errors';
import { findString } from '@rondo/gguf';
import type { GenerateOptions, GenerationSummary } from '@rondo/model';
import type { Io } from '../io.ts';
import { generateOptionsOf } from '../open-model.ts';
import { openSpeculating } from '../open-speculating.ts';
import type { chatOptions, ValuesOf } from '../options.ts';
import { mutedOutput } from '../output/muted-output.ts';
import { bracketedPaste, pastedInput, withLineBreaks } from '../output/pasted-input.ts';
import { printable, shown } from '../output/printable.ts';
import { UsageError } from '../usage-error.ts';
import { chatHelp, readChatInput } from './chat-input.ts';

/**
 * On a terminal, Ctrl-C ends an answer, clears a line, or ends the chat. An error of one message is shown, and the next
 * message may succeed. From a pipe, the first error ends the chat.
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
    let text = '';
    let summary: GenerationSummary | undefined;
    try {
      for await (const part of conversation.send(message, { ...given, signal })) {
        if (!options.json) io.stdout.write(shown(part.text, io.stdout));
        text += part.text;
        summary = part.summary;
      }
    } finally {
      if (!options.json && text !== '' && !text.endsWith('\n')) io.stdout.write('\n');
    }
    if (options.json && summary !== undefined) {
      const { reason, promptTokenIds, tokenIds } = summary;
      io.stdout.write(`${JSON.stringify({ text, reason, promptTokenIds, tokenIds })}\n`);
    }
    if (summary?.reason === 'context') note('The context is full: /new begins a new conversation.');
  }

  /** Runs a command, or sends a message. @returns whether the chat continues */
  async function take(
    line: string,
    signal: AbortSignal,
    onUnknown: (reason: string) => void,
  ): Promise<boolean> {
    const input = readChatInput(line);
    if (input.kind === 'message') await answer(input.text, signal);
    else if (input.kind === 'new') conversation = begin();
    else if (input.kind === 'help') note(chatHelp());
    else if (input.kind === 'unknown') onUnknown(input.reason);
    return input.kind !== 'exit';
  }

  if (!onTerminal) {
    const lines = createInterface({ input: io.stdin, terminal: false, signal: io.signal });
    for await (const line of lines) {
      const goesOn = await take(line, io.signal, (reason) => {
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
        const goesOn = await take(withLineBreaks(line), signal, (reason) => note(printable(reason)));
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
