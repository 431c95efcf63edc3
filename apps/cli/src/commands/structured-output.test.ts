// `rondo generate --schema`, `--grammar` and `--regex`: texts that match, and what is refused.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rondoHere } from '../test-support/rondo.ts';

let folder = '';
const path = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rondo-grammars-'));
  await writeFile(
    path('schema.json'),
    '{"type": "array", "items": {"enum": [1, 2]}, "minItems": 2, "maxItems": 2}',
  );
  await writeFile(path('root.gbnf'), 'root ::= "yes" | "no"');
  await writeFile(path('no.json'), '{');
});
afterAll(() => rm(folder, { recursive: true }));

const generate = (...options: string[]) =>
  rondoHere([
    'generate',
    'demo',
    '-p',
    'ROMEO:',
    '-n',
    '200',
    '--temperature',
    '0',
    '--context',
    '256',
    ...options,
  ]);

describe('structured output on the command line', () => {
  it('--schema writes JSON that the schema describes', async () => {
    const { code, stdout } = await generate('--schema', path('schema.json'));
    expect(code).toBe(0);
    const values = JSON.parse(stdout) as number[];
    expect(values.length).toBe(2);
    for (const value of values) expect([1, 2]).toContain(value);
  });

  it('--grammar and --regex write a text that matches', async () => {
    expect((await generate('--grammar', path('root.gbnf'))).stdout).toMatch(/^(yes|no)\n$/);
    expect((await generate('--regex', '(aye|nay), (sir|lady)')).stdout).toMatch(/^(aye|nay), (sir|lady)\n$/);
  });

  it.each([
    [['--regex', 'a', '--grammar', 'x.gbnf'], 2, /Give one of --grammar, --regex/],
    [['--schema', '-'], 2, /--schema cannot be stdin/],
    [['--schema', 'no-such.json'], 1, /no-such\.json/],
    [['--regex', '(?=a)'], 1, /not supported/],
  ])('%j is refused by name', async (options, expected, message) => {
    const { code, stdout, stderr } = await generate(...options);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('a file that is no JSON is named', async () => {
    const { code, stderr } = await generate('--schema', path('no.json'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/--schema: .*no\.json is no JSON/);
  });
});
