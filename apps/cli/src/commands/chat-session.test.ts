// What the chat command makes of parts, calls and commands, with a model that says what the test says.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Chat, ChatOptions, ChatPart, Model, Said } from '@rondo/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';
import { readChatInput } from './chat-input.ts';
import { createChatSession } from './chat-session.ts';

const timings = {
  prefillMs: 1500,
  firstTokenMs: 1600,
  decodeMs: 100,
  prefillTokensPerSecond: 1,
  decodeTokensPerSecond: 12.34,
  tokenMs: [],
};

const call = (id: string, name: string) => ({ id, name, arguments: '{"a":1}', value: { a: 1 } });

/** A model whose chat writes `answers`, one after another, and what it was sent. */
function scripted(answers: readonly (readonly ChatPart[])[], json = false) {
  const sent: Said[] = [];
  const begun: ChatOptions[] = [];
  const waiting = [...answers];
  const createChat = (options: ChatOptions = {}): Chat => {
    begun.push(options);
    let messages: Chat['messages'] = [];
    async function* answer(said: Said) {
      sent.push(said);
      const parts = waiting.shift() ?? [];
      const toolCalls = parts.flatMap((part) => (part.type === 'toolCall' ? [part] : []));
      messages = [{ role: 'assistant', content: '', ...(toolCalls.length > 0 ? { toolCalls } : {}) }];
      yield* parts;
      await Promise.resolve();
    }
    return {
      get messages() {
        return messages;
      },
      lastUsage: { promptTokens: 7, generatedTokens: 3, reasoningTokens: 1 },
      send: (said) => answer(said),
      regenerate: () => answer('again'),
      continue: () => answer('on'),
      undo: () => (sent.pop() === undefined ? [] : [{ role: 'user', content: '' }]),
      countTokens: () => Promise.resolve(0),
    };
  };
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const seen = { out: '', err: '' };
  stdout.on('data', (chunk) => (seen.out += String(chunk)));
  stderr.on('data', (chunk) => (seen.err += String(chunk)));
  const io = { stdin: new PassThrough(), stdout, stderr, signal: new AbortController().signal };
  const session = createChatSession({ createChat } as unknown as Model, { system: 'S' }, {}, io, json);
  const say = (line: string) =>
    session.take(readChatInput(line), io.signal, (reason) => (seen.err += reason));
  return { say, seen, sent, begun };
}

const text = (value: string): ChatPart => ({ type: 'text', text: value });
const finish: ChatPart = {
  type: 'finish',
  text: '',
  reason: 'end',
  timings,
  summary: { reason: 'end', promptTokenIds: [1], tokenIds: [2], timings },
};
const called = (id: string, name: string, index: number): ChatPart => ({
  type: 'toolCall',
  text: '',
  index,
  ...call(id, name),
});

it('reasoning goes to stderr, the answer to stdout', async () => {
  const { say, seen } = scripted([
    [{ type: 'reasoning', text: '', reasoning: 'hm' }, text('Yes'), text('.'), finish],
  ]);
  expect(await say('Is it?')).toBe(true);
  expect(seen.out).toBe('Yes.\n');
  expect(seen.err).toContain('hm');
});

it('a call is shown, and the next lines are the results of the calls', async () => {
  const { say, seen, sent } = scripted([
    [called('x', 'f', 0), called('y', 'g', 1), finish],
    [text('Done.'), finish],
  ]);
  await say('Go');
  expect(seen.err).toContain('f({"a":1}). The next line is its result.');
  await say('one');
  expect(seen.err).toContain('g({"a":1}). The next line is its result.');
  await say('two');
  expect(sent).toEqual([
    'Go',
    [
      { role: 'tool', toolCallId: 'x', content: 'one' },
      { role: 'tool', toolCallId: 'y', content: 'two' },
    ],
  ]);
  expect(seen.out).toBe('Done.\n');
});

it('as JSON, an answer has its reasoning and its calls', async () => {
  const { say, seen } = scripted(
    [[{ type: 'reasoning', text: '', reasoning: 'hm' }, called('x', 'f', 0), finish]],
    true,
  );
  await say('Go');
  expect(JSON.parse(seen.out)).toMatchObject({
    text: '',
    reasoning: 'hm',
    toolCalls: [{ id: 'x', name: 'f', value: { a: 1 } }],
    reason: 'end',
    tokenIds: [2],
  });
});

it('/undo, /regenerate, /stats and /system', async () => {
  const { say, seen, sent, begun } = scripted([
    [text('One'), finish],
    [text('Two'), finish],
  ]);
  await say('/stats');
  await say('Go');
  await say('/regenerate');
  expect([sent, seen.out]).toEqual([['Go', 'again'], 'One\nTwo\n']);
  await say('/stats');
  expect(seen.err).toContain(
    '7 tokens of prompt, 3 generated (1 of reasoning); prompt read in 1.50 s, 12.3 tokens/s',
  );
  await say('/undo');
  expect(seen.err).toContain('is taken back');
  await say('/system');
  expect(seen.err).toContain('S');
  await say('/system Be kind.');
  expect(begun.at(-1)).toMatchObject({ system: 'Be kind.', messages: [{ role: 'assistant' }] });
  await say('/new');
  expect(begun.at(-1)).toMatchObject({ system: 'Be kind.' });
  expect(await say('/exit')).toBe(false);
});

describe('files', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rondo-chat-files-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const args = ['--temperature', '0', '-n', '2'];

  it('--chat-template takes a file, or the name of a known format; another name is refused with the list', async () => {
    const path = join(folder, 'own.jinja');
    await writeFile(path, '{% for m in messages %}[{{ m.content }}]{% endfor %}');
    const tokens = async (...given: string[]) => {
      const outcome = await rondoHere(['chat', 'demo', '--json', ...args, ...given], { input: 'Hi\n' });
      expect(outcome.code).toBe(0);
      return (JSON.parse(outcome.stdout) as { promptTokenIds: number[] }).promptTokenIds.length;
    };
    expect(await tokens('--chat-template', path)).toBeLessThan(await tokens('--chat-template', 'llama-3'));
    const wrong = await rondoHere(['chat', 'demo', '--chat-template', 'lama'], { input: 'Hi\n' });
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/no chat template named "lama".*chatml/);
  });

  it('--tools takes a list of tools; a file that is no JSON, or no list of tools, is refused', async () => {
    const path = join(folder, 'tools.json');
    await writeFile(path, JSON.stringify([{ type: 'function', function: { name: 'now' } }]));
    const good = await rondoHere(['chat', 'demo', '--tools', path, ...args], { input: 'Hi\n' });
    expect(good.code).toBe(0);
    expect(good.stderr).toContain('never reads tools');
    await writeFile(path, '[{]');
    expect(await rondoHere(['chat', 'demo', '--tools', path], { input: '' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is no JSON'),
    });
    await writeFile(path, '[{"name": "a b"}]');
    expect(await rondoHere(['chat', 'demo', '--tools', path], { input: '' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"a b"'),
    });
    expect(await rondoHere(['chat', 'demo', '--tools', '-'], { input: '' })).toMatchObject({ code: 2 });
  });
});
