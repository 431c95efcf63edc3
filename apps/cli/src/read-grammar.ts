// Reads the grammar that the options name: a file with a JSON Schema, a file with a grammar, or a regular expression.
import { reasonOf } from '@rondo/errors';
import type { GenerateOptions } from '@rondo/model';
import type { Io } from './io.ts';
import type { grammarOptions, ValuesOf } from './options.ts';
import { readText } from './read-text.ts';
import { UsageError } from './usage-error.ts';

/**
 * The grammar that a text must match, as `generate` takes it.
 *
 * @throws UsageError for several grammars, and for a schema that is no JSON; RondoError `READ_FAILED`
 */
export async function readGrammar(
  { schema, grammar, regex }: ValuesOf<typeof grammarOptions>,
  io: Io,
): Promise<Pick<GenerateOptions, 'schema' | 'grammar' | 'regex'>> {
  const given = Object.entries({ schema, grammar, regex }).filter(([, value]) => value !== undefined);
  if (given.length > 1)
    throw new UsageError(
      `Give one of ${given.map(([name]) => `--${name}`).join(', ')}: a text follows one grammar.`,
    );
  return {
    schema: schema === undefined ? undefined : parsed(schema, await readFile('--schema', schema, io)),
    grammar: grammar === undefined ? undefined : await readFile('--grammar', grammar, io),
    regex,
  };
}

async function readFile(option: string, path: string, io: Io): Promise<string> {
  if (path === '-')
    throw new UsageError(`${option} cannot be stdin, which may have the prompt. Give a file.`);
  return readText(path, io);
}

function parsed(path: string, json: string): object | boolean {
  try {
    return JSON.parse(json) as object | boolean;
  } catch (error) {
    throw new UsageError(`--schema: ${path} is no JSON: ${reasonOf(error)}`, { cause: error });
  }
}
