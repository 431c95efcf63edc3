import { readFile } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { demoModelPath, demoReferencePath } from '@rondo/testkit';
import { describe, expect, it } from 'vitest';
import { run } from '../program.ts';
import { rondoHere } from '../test-support/rondo.ts';

async function tokenIds(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await rondoHere(['tokenize', ...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe('tokenize', () => {
  it('rondo tokenize gives the ids, with and without the token that begins a text', async () => {
    expect(await tokenIds('demo', '--text', 'ROMEO:')).toEqual({ tokenIds: [1020, 833, 25] });
    expect(await tokenIds('demo', '--text', 'ROMEO:', '--no-bos')).toEqual({ tokenIds: [833, 25] });
    expect(await tokenIds('demo', '--text', '', '--no-bos')).toEqual({ tokenIds: [] });
  });

  it('rondo tokenize shows ids and pieces, including bytes that are no character', async () => {
    const { stdout, stderr } = await rondoHere(['tokenize', 'demo', '--text', 'ROMEO: é\n']);
    expect(stdout).toBe(
      '1020  "<|endoftext|>"\n 833  "ROMEO"\n  25  ":"\n 220  " "\n 127  Ã\n 102  ©\n 198  "\\n"\n',
    );
    expect(stderr).toBe('7 tokens\n');
    expect(await rondoHere(['tokenize', 'demo', '--text', '', '--no-bos'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '0 tokens\n',
    });
  });

  it('rondo tokenize reads a text from stdin, and refuses an unreadable file', async () => {
    const { stdout } = await rondoHere(['tokenize', 'demo', '--file', '-', '--json'], { input: 'ROMEO:' });
    expect(JSON.parse(stdout)).toEqual({ tokenIds: [1020, 833, 25] });
    const absent = await rondoHere(['tokenize', 'demo', '--file', 'absent.txt']);
    expect(absent).toMatchObject({ code: 1, stdout: '' });
    expect(absent.stderr).toMatch(/^rondo: .*absent\.txt.*\(READ_FAILED\)\n$/);
  });
});

describe('a text of megabytes', () => {
  const long = 'But, soft! what light through yonder window breaks? '.repeat(31_000);

  /** Runs the command on the text. Counts the turns of the event loop, beginning at the end of the text. */
  async function tokenizeLong(args: readonly string[], onTurn: (turn: number) => void, signal: AbortSignal) {
    let turns = 0;
    let immediate: NodeJS.Immediate | undefined;
    const count = () => {
      immediate = setImmediate(() => {
        onTurn(++turns);
        count();
      });
    };
    async function* textThenCount() {
      yield long;
      count();
    }
    /** The turn in which each piece was written. */
    const writtenAt: number[] = [];
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        writtenAt.push(turns);
        setImmediate(done);
      },
    });
    const stderr = new Writable({ write: (_chunk, _encoding, done) => done() });
    const stdin = Readable.from(textThenCount());
    const code = await run(['tokenize', 'demo', '--file', '-', ...args], { stdin, stdout, stderr, signal });
    clearImmediate(immediate);
    return { code, writtenAt };
  }

  it('rondo tokenize encodes a text of megabytes in steps, between which other tasks run', async () => {
    const { code, writtenAt } = await tokenizeLong(['--json'], () => {}, new AbortController().signal);
    expect(code).toBe(0);
    expect(writtenAt).toHaveLength(1);
    expect(writtenAt[0]).toBeGreaterThan(90);
  });

  it('rondo tokenize shows the tokens of a long text piece by piece, each after the previous piece was taken', async () => {
    const { code, writtenAt } = await tokenizeLong([], () => {}, new AbortController().signal);
    expect(code).toBe(0);
    expect(writtenAt.length).toBeGreaterThan(50);
    expect(new Set(writtenAt).size).toBe(writtenAt.length);
  });

  it('rondo tokenize aborted while it encodes shows nothing', async () => {
    const controller = new AbortController();
    const onTurn = (turn: number) => {
      if (turn === 20) controller.abort();
    };
    expect(await tokenizeLong([], onTurn, controller.signal)).toEqual({ code: 130, writtenAt: [] });
  });

  it('rondo tokenize shows every token of a long text once, in order', async () => {
    const { tokenIds: ids } = (await tokenIds('demo', '--text', 'ROMEO: speak! '.repeat(3000))) as {
      tokenIds: number[];
    };
    const { stdout } = await rondoHere(['tokenize', 'demo', '--text', 'ROMEO: speak! '.repeat(3000)]);
    expect(ids.length).toBeGreaterThan(2 * 4096);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => Number.parseInt(line, 10)),
    ).toEqual(ids);
  });
});

describe('against llama.cpp', () => {
  it("rondo tokenize gives llama.cpp's ids of the reference prompts", async () => {
    const { greedy } = JSON.parse(await readFile(demoReferencePath('RESULTS.json'), 'utf8')) as {
      greedy: Record<string, { prompt: string; prompt_ids: number[] }[]>;
    };
    const runs = greedy['shakespeare-q8_0.gguf'] ?? [];
    expect(runs.length).toBeGreaterThan(0);
    for (const { prompt, prompt_ids } of runs) {
      const path = demoModelPath('q8_0');
      expect(await tokenIds(path, '--text', prompt)).toEqual({ tokenIds: prompt_ids });
    }
  });
});
