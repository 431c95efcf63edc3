// Reads the grammar that the options name: a file with a JSON Schema, a file with a grammar, or a regular expression.
import type { GenerateOptions } from '@rondo/model';
import type { Io } from './io.ts';
import type { grammarOptions, ValuesOf } from './options.ts';
import { readNamedFile, readNamedJson } from './read-text.ts';
import { UsageError } from './usage-error.ts';

/** What stdin has, so that a grammar cannot be there. */
const STDIN_HAS = 'the prompt or the messages';

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
    schema:
      schema === undefined
        ? undefined
        : ((await readNamedJson('--schema', schema, STDIN_HAS, io)) as GenerateOptions['schema']),
    grammar: grammar === undefined ? undefined : await readNamedFile('--grammar', grammar, STDIN_HAS, io),
    regex,
  };
}
