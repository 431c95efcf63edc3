// What the command line says to wrong usage, and that help, README and option tables agree.
import { readFile } from 'node:fs/promises';
import { samplingOptions } from '@rondo/model/sampling';
import { describe, expect, it } from 'vitest';
import * as tables from './options.ts';
import type { OptionTable } from './options.ts';
import { kebabCase } from './kebab-case.ts';
import { samplingTable } from './sampling-table.ts';
import { rondo, rondoHere } from './test-support/rondo.ts';

const generate = (...args: string[]) => ['generate', 'demo', '-p', 'x', ...args];

describe('wrong usage: exit code 2, usage on stderr, nothing on stdout', () => {
  it.each<[string, string[], RegExp]>([
    ['no command', [], /Usage: rondo/],
    ['an unknown command', ['frobnicate'], /unknown command 'frobnicate'/],
    ['a version and more', ['--version', 'x'], /--version stands alone/],
    ['a version of a command', ['--version', 'generate', 'demo'], /--version stands alone/],
    ['no model', ['inspect'], /missing required argument 'model'/],
    ['two models', ['inspect', 'demo', 'demo'], /too many arguments/],
    ['no prompt', ['generate', 'demo'], /required option '-p, --prompt <text>'/],
    [
      'a misspelt option that is required',
      ['generate', 'demo', '--promt', 'x'],
      /unknown option '--promt'\n\(Did you mean --prompt\?\)/,
    ],
    ['a misspelt option', generate('--temprature', '1'), /Did you mean --temperature\?/],
    ['a misspelt flag', ['inspect', 'demo', '--jsn'], /Did you mean --json\?/],
    ['an unknown option', generate('--frobnicate'), /unknown option '--frobnicate'/],
    ['an option of another command', ['inspect', 'demo', '--seed', '1'], /unknown option '--seed'/],
    ['an option without its value', generate('--seed'), /argument missing/],
    ['two prompts', generate('-p', 'y'), /'-p, --prompt <text>' argument 'y'.*given before; give it once/],
    ['two amounts of memory', generate('--memory', '1GiB', '--memory=2GiB'), /--memory.*given before/],
    ['the same count twice', generate('-n', '5', '--max-tokens', '5'), /--max-tokens.*given before/],
    ['an empty stop text', generate('--stop', ''), /--stop <text>.*a text that is not empty/],
    ['an empty stop text behind another', generate('--stop', 'a', '--stop='), /--stop <text>.*not empty/],
    [
      'an empty path of a model',
      ['generate', '', '-p', 'x'],
      /argument value '' is invalid.*'model'.*not empty/,
    ],
    ['an empty address behind another', ['cache', 'rm', 'a', ''], /'address'.*not empty/],
    ['an empty path of a draft', generate('--draft', ''), /--draft <model>.*not empty/],
    [
      'an override without a type',
      generate('--override-kv', 'llama.context_length=8'),
      /--override-kv.*Give a key/,
    ],
    [
      'an override of an unknown type',
      generate('--override-kv', 'a=uint:8'),
      /one of the types int, float, bool and str/,
    ],
    [
      'an override whose number is none',
      generate('--override-kv', 'a=int:8.5'),
      /one of the types int, float, bool and str/,
    ],
    ['a rope base of 0', generate('--rope-freq-base', '0'), /--rope-freq-base.*above 0/],
    ['an empty path of a text', ['tokenize', 'demo', '--file='], /--file <path>.*not empty/],
    ['an empty path to write', ['synth', '--shape', 'tiny', '--out', ''], /--out <path>.*not empty/],
    ['a count that is a word', generate('-n', 'many'), /whole number from 0 up/],
    ['a count that is a fraction', generate('-n', '1.5'), /whole number from 0 up/],
    ['a count in hexadecimal', generate('-n', '0x10'), /whole number from 0 up/],
    ['an empty number', generate('--temperature', ''), /a number at least 0/],
    ['a number below its bound', generate('--temperature', '-1'), /a number at least 0/],
    ['a number at an open bound', generate('--top-p', '0'), /above 0 and at most 1/],
    ['a number above its bound', generate('--threads', '257'), /from 1 to 256/],
    ['an infinite number', generate('--temperature', 'Infinity'), /a number at least 0/],
    [
      'a step that there is not',
      generate('--samplers', 'top_k;nuclear'),
      /--samplers.*penalties;dry;topNSigma/,
    ],
    ['an empty list of steps', generate('--samplers', ''), /--samplers.*names of steps/],
    ['a bias without a size', generate('--logit-bias', '12'), /--logit-bias.*15043\+1/],
    ['a bias to infinity', generate('--logit-bias', '12+inf'), /--logit-bias.*15043-inf/],
    ['two biases of a token', generate('--logit-bias', '12+1', '--logit-bias', '12-1'), /given before/],
    ['the first Mirostat', generate('--mirostat', '1'), /--mirostat.*Give 0 or 2/],
    [
      'a sequence breaker and none',
      generate('--dry-sequence-breaker', 'a', '--dry-sequence-breaker', 'none'),
      /--dry-sequence-breaker.*the word none alone/,
    ],
    [
      'none and a sequence breaker',
      generate('--dry-sequence-breaker=none', '--dry-sequence-breaker=a'),
      /none alone/,
    ],
    ['log probabilities of a text', generate('--logprobs', '2'), /--logprobs.*give --json, too/],
    [
      'a prompt and a gap',
      generate('--prefix', 'a', '--suffix', 'b'),
      /either --prompt, or --prefix and --suffix/,
    ],
    ['a gap without its end', ['generate', 'demo', '--prefix', 'a'], /either --suffix or --suffix-file/],
    [
      'a gap without its beginning',
      ['generate', 'demo', '--suffix', 'a'],
      /either --prefix or --prefix-file/,
    ],
    [
      'two beginnings of a gap',
      ['generate', 'demo', '--prefix', 'a', '--prefix-file', 'f', '--suffix', 'b'],
      /either --prefix or --prefix-file/,
    ],
    [
      'a gap all from stdin',
      ['generate', 'demo', '--prefix', '-', '--suffix-file', '-'],
      /Only one of the texts/,
    ],
    [
      'an unknown cache',
      generate('--cache', 'arc'),
      /Choose lru or protected-lru or lfu or round-lfu or pinned or adaptive/,
    ],
    ['an unknown prefetch', generate('--prefetch', 'psychic'), /Choose none or sync or async or predictive/],
    ['a backend that there is not', generate('--backend', 'tpu'), /Choose cpu or webgpu or auto/],
    ['no amount of memory', generate('--memory', 'lots'), /--memory.*"lots" is no amount of memory/],
    [
      'a distance of no prefetch',
      generate('--prefetch', 'none', '--prefetch-distance', '2'),
      /leave --prefetch-distance/,
    ],
    [
      'two speculations',
      generate('--speculate', 'lookup', '--draft', 'demo'),
      /leave --speculate lookup out/,
    ],
    ['a speculation that there is not', generate('--speculate', 'wildly'), /Choose none or lookup or mtp/],
    ['an address that is none', ['inspect', 'http://'], /is no address/],
    ['a name on the hub that is none', ['inspect', 'hf:model.gguf'], /no file on the hub.*BAD_ARGUMENT/],
    ['a path to pull', ['pull', 'model.gguf'], /is no address/],
    [
      'a digest that is none',
      ['pull', 'hf:a/b/c.gguf', '--sha256', '../'],
      /--sha256.*64 hexadecimal digits/,
    ],
    ['no text', ['tokenize', 'demo'], /either --text or --file/],
    ['two texts', ['tokenize', 'demo', '--text', 'a', '--file', 'b'], /either --text or --file/],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await rondoHere(args);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/Usage: rondo/);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  it('wrong usage gives the process exit code 2', async () => {
    expect(await rondo(['frobnicate'])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('help', () => {
  it.each([[['--help']], [['help', 'generate']], [['generate', '--help']], [['--version']]])(
    '%s: exit code 0, on stdout',
    async (args) => {
      const { code, stdout, stderr } = await rondoHere(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/Usage: rondo|^0\./);
    },
  );

  it('the help names every option of every table, and every default that is a number or a name', async () => {
    const commands: Record<string, OptionTable> = {
      generate: tables.generateOptions,
      chat: tables.chatOptions,
      inspect: tables.inspectOptions,
      tokenize: tables.tokenizeOptions,
      perplexity: tables.perplexityOptions,
      pull: tables.pullOptions,
    };
    for (const [command, table] of Object.entries(commands)) {
      const help = (await rondoHere([command, '--help'])).stdout.replace(/\s+/g, ' ');
      for (const [name, spec] of Object.entries(table)) {
        const flag = kebabCase(spec.flag ?? name);
        expect(help).toContain(`--${spec.type.negated ? 'no-' : ''}${flag} `);
        if (typeof spec.default === 'string' || typeof spec.default === 'number')
          expect(help).toContain(`${spec.help} (default: ${spec.default})`);
      }
    }
  });
});

describe('the option tables', () => {
  it('the README names each option of sampling', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const flags = Object.entries<OptionTable[string]>(samplingTable).map(
      ([name, { flag = name }]) => `--${kebabCase(flag)}`,
    );
    expect(flags.length).toBeGreaterThan(20);
    // The flag ends in the README: `--mirostat` is not named by `--mirostat-ent`.
    expect(flags.filter((flag) => !new RegExp(`\`${flag}[\` ]`).test(readme))).toEqual([]);
    expect(samplingOptions.samplers.values?.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  it('the option tables have defaults that their own types accept', () => {
    for (const table of [tables.generateOptions, tables.chatOptions, tables.perplexityOptions]) {
      for (const spec of Object.values<OptionTable[string]>(table)) {
        if (typeof spec.default === 'string' || typeof spec.default === 'number')
          expect(spec.type.parse(String(spec.default))).toBe(spec.default);
      }
    }
  });
});
