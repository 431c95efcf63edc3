// Builds the command line from the option tables, and turns every result into an exit code.
import { readFileSync } from 'node:fs';
import { escapeInvisible, isRondoError, reasonOf, shownName } from '@rondo/errors';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Io } from './io.ts';
import { kebabCase } from './kebab-case.ts';
import {
  cacheOptions,
  chatOptions,
  generateOptions,
  inspectOptions,
  perplexityOptions,
  planOptions,
  pullOptions,
  quantizeOptions,
  synthOptions,
  tokenizeOptions,
  type OptionSpec,
  type OptionTable,
  type ValuesOf,
} from './options.ts';
import { notEmpty } from './option-types.ts';
import { printable } from './output/printable.ts';
import { systemReason } from './system-errors.ts';
import { UsageError } from './usage-error.ts';

/** A subcommand. Its code is imported only when it runs, so that help and usage errors come at once. */
interface CommandSpec<Table extends OptionTable> {
  readonly name: string;
  readonly summary: string;
  /** The argument beside the options. Undefined: the command takes no argument, and gets an empty text. */
  readonly argument: { readonly name: string; readonly help: string } | undefined;
  /** Further arguments, any number of them. */
  readonly more?: { readonly name: string; readonly help: string };
  readonly options: Table;
  load(): Promise<
    (argument: string, options: ValuesOf<Table>, io: Io, more: readonly string[]) => Promise<void>
  >;
}

const model = { name: 'model', help: 'path or address of a GGUF file, or demo' };

/** Exit codes. */
const FAILED = 1;
const WRONG_USAGE = 2;
const INTERRUPTED = 130;

/**
 * Runs a command line without the program name.
 *
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 aborted by `io.signal`. Never rejects.
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  try {
    await createProgram(io, args).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
    if (io.signal.aborted) return INTERRUPTED;
    io.stderr.write(`${describe(error, args.includes('--debug'))}\n`);
    return FAILED;
  }
}

function createProgram(io: Io, args: readonly string[]): Command {
  const program = new Command('rondo');
  // This listener comes before commander's own listener, which would show the version and ignore the rest of the line.
  program.on('option:version', () => {
    if (args.length > 1) program.error('error: --version stands alone; leave the rest of the line out.');
  });
  program
    .description('Runs GGUF language models in exactly as much memory as you grant.')
    .version(version(), '--version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help')
    .showHelpAfterError('\nUsage: rondo [options] [command]\nAll commands: rondo --help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
    })
    .addHelpText(
      'after',
      '\n<model> is the path of a GGUF file, its address (https://… or hf:owner/repository/file.gguf), or demo for a small one that comes with Rondo:\n  rondo generate demo -p "ROMEO:"',
    );
  add(program, io, {
    name: 'generate',
    summary: 'continue a text',
    argument: model,
    options: generateOptions,
    load: async () => (await import('./commands/generate.ts')).generate,
  });
  add(program, io, {
    name: 'chat',
    summary: 'talk with a model',
    argument: model,
    options: chatOptions,
    load: async () => (await import('./commands/chat.ts')).chat,
  });
  add(program, io, {
    name: 'inspect',
    summary: "show a file's metadata and tensors",
    argument: model,
    options: inspectOptions,
    load: async () => (await import('./commands/inspect.ts')).inspect,
  });
  add(program, io, {
    name: 'plan',
    summary: 'say whether a model fits a memory, and how fast it will be there',
    argument: model,
    options: planOptions,
    load: async () => (await import('./commands/plan.ts')).plan,
  });
  add(program, io, {
    name: 'tokenize',
    summary: 'show the tokens of a text',
    argument: model,
    options: tokenizeOptions,
    load: async () => (await import('./commands/tokenize.ts')).tokenize,
  });
  add(program, io, {
    name: 'perplexity',
    summary: 'measure how well a model predicts a text',
    argument: model,
    options: perplexityOptions,
    load: async () => (await import('./commands/perplexity.ts')).measurePerplexity,
  });
  add(program, io, {
    name: 'pull',
    summary: 'download a model, to have it on this machine',
    argument: { name: 'address', help: 'https://… or hf:owner/repository/file.gguf[@revision]' },
    options: pullOptions,
    load: async () => (await import('./commands/pull.ts')).pull,
  });
  add(program, io, {
    name: 'cache',
    summary: 'list or delete what is kept of models named by their address',
    argument: {
      name: 'action',
      help: 'list, rm (with addresses), or prune: delete what is not whole or not in use',
    },
    more: { name: 'address', help: 'what to delete' },
    options: cacheOptions,
    load: async () => (await import('./commands/cache.ts')).cache,
  });
  add(program, io, {
    name: 'quantize',
    summary: 'write a model with fewer bits a weight',
    argument: model,
    options: quantizeOptions,
    load: async () => (await import('./commands/quantize.ts')).quantize,
  });
  add(program, io, {
    name: 'synth',
    summary: 'make a model of any size with random weights, to measure with',
    argument: undefined,
    options: synthOptions,
    load: async () => {
      const { synth } = await import('./commands/synth.ts');
      return (_, options, given) => synth(options, given);
    },
  });
  return program;
}

function add<Table extends OptionTable>(program: Command, io: Io, spec: CommandSpec<Table>): void {
  const optionOf = new Map(
    Object.entries<OptionTable[string]>(spec.options).map(([name, one]) => [name, toOption(name, one)]),
  );
  const command = program
    .command(spec.name)
    .summary(spec.summary)
    .description(`${spec.summary.charAt(0).toUpperCase()}${spec.summary.slice(1)}.`)
    .helpOption('-h, --help', 'show help')
    .action(async (...given: unknown[]) => {
      // Commander gives the arguments, then the options, then itself.
      const values = Object.fromEntries(
        Array.from(optionOf, ([name, option]) => [name, command.getOptionValue(option.attributeName())]),
      ) as ValuesOf<Table>;
      const argument = spec.argument ? String(given[0]) : '';
      checkRequired(command, spec.options, values);
      try {
        await (
          await spec.load()
        )(argument, values, io, spec.more ? (given[1] as string[]) : []);
      } catch (error) {
        if (error instanceof UsageError) command.error(`error: ${escapeInvisible(error.message)}`);
        throw error;
      }
    });
  if (spec.argument) command.argument(`<${spec.argument.name}>`, spec.argument.help, notEmpty);
  if (spec.more) command.argument(`[${spec.more.name}...]`, spec.more.help, eachNotEmpty);
  for (const [name, option] of optionOf) {
    command.addOption(option);
    // A default that the help should not show, such as `(default: false)`, is set here and not in the option.
    const one = spec.options[name];
    if (one?.default !== undefined && !isShown(one))
      command.setOptionValueWithSource(option.attributeName(), one.default, 'default');
  }
  command.showHelpAfterError(
    `\nUsage: ${command.createHelp().commandUsage(command)}\nAll options: rondo ${spec.name} --help`,
  );
}

// Commander itself would check required options before unknown options, although the unknown option may be a misspelt required
// option.
function checkRequired(
  command: Command,
  options: OptionTable,
  values: Readonly<Record<string, unknown>>,
): void {
  for (const [name, option] of Object.entries(options)) {
    if (option.required !== true || values[name] !== undefined) continue;
    command.error(`error: required option '${toOption(name, option).flags}' not specified`);
  }
}

function toOption(name: string, spec: OptionSpec): Option {
  const { type, flag = name } = spec;
  const long = `--${type.negated ? 'no-' : ''}${kebabCase(flag)}`;
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const option = new Option(`${short}${long}${type.placeholder ? ` ${type.placeholder}` : ''}`, spec.help);
  if (type.placeholder !== undefined) {
    let isGiven = false;
    option.argParser((text, previous) => {
      if (isGiven && type.repeats !== true)
        throw new InvalidArgumentError('The option was given before; give it once.');
      isGiven = true;
      return type.parse(text, previous);
    });
  }
  if (isShown(spec)) option.default(spec.default, String(spec.default));
  if (spec.group !== undefined) option.helpGroup(spec.group);
  return option;
}

function eachNotEmpty(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, notEmpty(text)];
}

function isShown(spec: OptionSpec): boolean {
  return typeof spec.default === 'string' || typeof spec.default === 'number';
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return manifest && typeof manifest === 'object' && 'version' in manifest ? String(manifest.version) : '';
}

/** One line for an error that Rondo knows. The line may contain names out of a file, so control characters are escaped. */
function describe(error: unknown, debug: boolean): string {
  const message = escapeInvisible(reasonOf(error));
  const stack = debug && error instanceof Error ? `\n${printable(error.stack ?? '')}` : '';
  if (isRondoError(error)) return `rondo: ${message} (${error.code})${stack}`;
  const reason = systemReason(error);
  if (reason !== undefined) {
    const path = error instanceof Error && 'path' in error ? `${shownName(String(error.path))}: ` : '';
    return `rondo: ${path}${reason}.${stack}`;
  }
  return `rondo: unexpected error: ${message}${stack || ' (--debug shows where)'}`;
}
