import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { demoModelUrl } from '@rondo/demo-model';
import { loadModel } from '@rondo/model';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { run } from '../program.ts';
import { rondo, rondoHere } from '../test-support/rondo.ts';

const greedy = ['--temperature', '0', '-n', '16'];

/** Long enough for a machine that is busy with other work, in milliseconds. */
const patience = { timeout: 300_000, interval: 5 };

/** The library's answers to these messages, one after another. */
async function answers(system: string | undefined, ...messages: string[]): Promise<string[]> {
  await using model = await loadModel(fileURLToPath(demoModelUrl));
  const chat = model.createChat({ system });
  const texts: string[] = [];
  for (const message of messages) {
    let text = '';
    for await (const part of chat.send(message, { temperature: 0, maxTokens: 16 })) text += part.text;
    texts.push(text.endsWith('\n') ? text : `${text}\n`);
  }
  return texts;
}

it('rondo chat answers each line of a pipe, and the second answer depends on the first', async () => {
  const outcome = await rondo(['chat', 'demo', ...greedy], 'Who are you?\n\nAnd then?\n');
  const expected = await answers(undefined, 'Who are you?', 'And then?');
  expect(outcome).toEqual({ code: 0, stdout: expected.join(''), stderr: '' });
  // Alone, the second message gets another answer; otherwise this test would not show that there is a conversation.
  expect(await answers(undefined, 'And then?')).not.toEqual(expected.slice(1));
});

it('rondo chat begins with the system message; /new begins again, /exit ends', async () => {
  const args = ['chat', 'demo', '--system', 'Speak of war.', ...greedy];
  const outcome = await rondoHere(args, { input: 'Who are you?\n/new\nWho are you?\n/exit\nWho are you?\n' });
  const [first = ''] = await answers('Speak of war.', 'Who are you?');
  const cut = 'The answer was cut off by --max-tokens.\n';
  expect(outcome).toEqual({ code: 0, stdout: first + first, stderr: cut + cut });
});

it('an unknown chat command never goes to the model: from a pipe it is wrong usage', async () => {
  for (const [line, said] of [
    ['/nwe', /There is no command \/nwe/],
    [' /clear all', /There is no command \/clear/],
    ['/new please', /\/new stands alone/],
  ] as const) {
    const outcome = await rondoHere(['chat', 'demo', ...greedy], { input: `${line}\nHi\n` });
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toMatch(said);
    expect(outcome.stderr).toContain('begin with //');
  }
});

it('a chat message may begin with a slash: as a path, or as //', async () => {
  const outcome = await rondoHere(['chat', 'demo', ...greedy], { input: '/usr/bin?\n//nwe\n' });
  expect(outcome).toEqual({
    code: 0,
    stdout: (await answers(undefined, '/usr/bin?', '/nwe')).join(''),
    stderr: '',
  });
});

it('/help in a chat shows the commands and is no message', async () => {
  const outcome = await rondoHere(['chat', 'demo', ...greedy], { input: '/help\n/?\n' });
  expect(outcome).toMatchObject({ code: 0, stdout: '' });
  expect(outcome.stderr.match(/\/new +begins a new conversation/g)).toHaveLength(2);
});

it('rondo chat --json writes an object for each answer, with the reason of its end', async () => {
  const outcome = await rondoHere(['chat', 'demo', '--json', '--temperature', '0', '-n', '3'], {
    input: 'Who are you?\nAnd then?\n',
  });
  const lines = outcome.stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(lines).toEqual([
    {
      text: expect.any(String),
      reason: 'length',
      promptTokenIds: expect.any(Array),
      tokenIds: expect.any(Array),
    },
    {
      text: expect.any(String),
      reason: 'length',
      promptTokenIds: expect.any(Array),
      tokenIds: expect.any(Array),
    },
  ]);
});

it('rondo chat from a pipe ends with an error at the first message that does not fit', async () => {
  const outcome = await rondoHere(['chat', 'demo', '--context', '8'], {
    input: 'A rather long message, that is more than eight tokens.\nNext\n',
  });
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcome.stderr).toMatch(/^rondo: .*\(CONTEXT_FULL\)\n$/);
});

it('rondo chat refuses a model without a template', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-chat-'));
  try {
    const path = join(folder, 'plain.gguf');
    const bytes = await readFile(demoModelUrl);
    bytes.write('tokenizer.chat_templatX', bytes.indexOf('tokenizer.chat_template'));
    await writeFile(path, bytes);
    const outcome = await rondoHere(['chat', path], { input: 'Hello\n' });
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^rondo: .*no chat template.*\(BAD_TEMPLATE\)\n$/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('on a terminal', () => {
  /** A chat on streams that claim to be a terminal. */
  function onTerminal(...args: string[]) {
    const terminal = () => Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    const [stdin, stdout, stderr] = [terminal(), terminal(), terminal()];
    const seen = { text: '' };
    stdout.on('data', (chunk) => (seen.text += chunk));
    const signal = new AbortController().signal;
    const ended = run(['chat', 'demo', ...args], { stdin, stdout, stderr, signal });
    const notes = { text: '' };
    stderr.on('data', (chunk) => (notes.text += chunk));
    return {
      notes,
      type: (keys: string) => stdin.write(keys),
      /** Waits for a text on the screen, and returns everything since the last call. */
      async until(text: string | RegExp) {
        await vi.waitFor(() => expect(seen.text).toMatch(text), patience);
        const { text: all } = seen;
        seen.text = '';
        return all;
      },
      ended,
    };
  }
  const endless = ['--context', '8000', '--temperature', '9', '--top-k', '0', '--top-p', '1', '--min-p', '0'];
  // As line editing writes it; the model cannot write escape sequences.
  const prompt = '\u001b[0J> ';

  it('on a terminal, Ctrl-C ends an answer and not the chat; on an empty line it ends the chat', async () => {
    const { type, until, ended } = onTerminal(...endless, '--seed', '1');
    await until(prompt);
    type('Speak without end.\r');
    await until(/Speak.*\r\n[^]{60}/);
    type('\u0003');
    await until(prompt);
    type('half a line');
    await until('line');
    type('\u0003');
    type('/new\r');
    await until(prompt);
    type('\u0003');
    expect(await ended).toBe(0);
  });

  it.each([
    ['Ctrl-D', '\u0004'],
    ['/exit', '/exit\r'],
  ])('%s leaves', async (_, keys) => {
    const { type, until, ended } = onTerminal();
    await until(prompt);
    type(keys);
    expect(await ended).toBe(0);
  });

  it.each([
    ['in brackets', ['\u001b[200~Who art\r\nthou?\n\nSpeak!\u001b[201~', '\r']],
    ['in brackets, piece by piece', ['\u001b[2', '00~Who art\r', 'thou?\n\nSpeak!\u001b', '[201~', '\r']],
    ['at once, without brackets', ['Who art\rthou?\r\rSpeak!\r']],
  ])('a text of several lines that is pasted %s is one message', async (_, keys) => {
    const { type, until, ended } = onTerminal(...greedy);
    await until(prompt);
    for (const each of keys) type(each);
    const [answer = ''] = await answers(undefined, 'Who art\nthou?\n\nSpeak!');
    const all = await until(/Speak![^]*\n[^]*> /);
    expect(all).toContain(answer);
    type('/exit\r');
    expect(await ended).toBe(0);
  });

  it('on a terminal, an unknown chat command is refused and never goes to the model', async () => {
    const { type, until, ended, notes } = onTerminal(...greedy);
    await until(prompt);
    type('/qiut\r');
    await vi.waitFor(() => expect(notes.text).toContain('There is no command /qiut'), patience);
    const all = await until(prompt);
    // eslint-disable-next-line no-control-regex -- escape sequences are what this takes out
    expect(all.replaceAll(/\u001b\[[0-9;?]*[A-Za-z~]/g, '').trim()).toMatch(/^\/qiut\s*>$/);
    type('/help\r');
    await vi.waitFor(() => expect(notes.text).toMatch(/\/exit +leaves/), patience);
    type('/exit\r');
    expect(await ended).toBe(0);
  });

  it('on a terminal, a chat shows the error of one message and takes the next message', async () => {
    const { type, until, ended, notes } = onTerminal('--context', '40', '-n', '4', '--temperature', '0');
    await until(prompt);
    type(`${'A long message. '.repeat(20)}\r`);
    await vi.waitFor(() => expect(notes.text).toContain('(CONTEXT_FULL)'), patience);
    await until(prompt);
    type('Hi\r');
    await until(/Hi\r\n[^]*\n[^]*> /);
    type('/exit\r');
    expect(await ended).toBe(0);
  });

  it('on a terminal, keys typed during an answer are kept for the next prompt and not shown in the answer', async () => {
    const { type, until, ended } = onTerminal(...endless, '--seed', '1');
    await until(prompt);
    type('Speak.\r');
    await until(/Speak.*\r\n[^]{60}/);
    type('typed ahead');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const during = await until(/[a-z]/);
    expect(during).not.toContain('typed');
    type('\u0003');
    await until(`${prompt}typed ahead`);
    type('\u0003\u0003');
    expect(await ended).toBe(0);
  });
});
