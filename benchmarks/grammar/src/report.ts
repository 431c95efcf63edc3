// The results as tables for people, in a terminal and in Markdown.
import { inALine, table, type Machine } from '@rondo/bench-shared';
import type { Percentiles, SchemaTimes } from './measure.ts';

/** All results of a run, as in the JSON file. */
export interface Results {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  /** Cores that other processes kept busy meanwhile. If this is much above zero, the times are too long. */
  readonly busyElsewhere: number;
  readonly vocabulary: {
    readonly name: string;
    readonly tokens: number;
    readonly nodes: number;
    readonly trieMs: number;
  };
  readonly schemas: readonly SchemaTimes[];
}

const count = (value: number): string => value.toLocaleString('en-US');

/** Renders the results as Markdown. */
export function render({ date, machine, busyElsewhere, vocabulary, schemas }: Results): string {
  return `# Masks of grammars

${date}. ${inALine(machine)}.
Cores that other processes kept busy meanwhile: ${busyElsewhere.toFixed(2)}.
Vocabulary of ${vocabulary.name}: ${count(vocabulary.tokens)} tokens, ${count(vocabulary.nodes)} nodes, built in ${vocabulary.trieMs.toFixed(0)} ms.

## Compiling a schema

${table(
  ['schema', 'compiling', 'the first matcher', 'grammar'],
  schemas.map(({ schemaBytes, compileMs, firstMatcherMs, grammarBytes }) => [
    `${count(schemaBytes)} bytes`,
    `${compileMs.toFixed(1)} ms`,
    `${firstMatcherMs.toFixed(1)} ms`,
    `${(grammarBytes / 1e6).toFixed(1)} MB`,
  ]),
)}

## Microseconds a mask

The first text follows a newly compiled grammar, so that little is kept yet. Random tokens are tokens of the mask. The time of a mask is its median over runs that all begin with compiling the schema and go through the same masks.

${table(['schema', 'masks along', 'count', 'p50', 'p99', 'p99.9', 'most'], schemas.flatMap(maskRows))}

## Microseconds a token

${table(
  ['schema', 'operation', 'count', 'p50', 'p99', 'p99.9', 'most'],
  schemas.flatMap(({ schemaBytes, accept, rollback }) => [
    [`${count(schemaBytes)} bytes`, 'accept', ...cells(accept)],
    [`${count(schemaBytes)} bytes`, 'rollback of one token', ...cells(rollback)],
  ]),
)}
`;
}

function maskRows({ schemaBytes, firstText, furtherTexts, randomTokens }: SchemaTimes): string[][] {
  const schema = `${count(schemaBytes)} bytes`;
  return [
    [schema, 'the first text', ...cells(firstText)],
    [schema, 'further texts', ...cells(furtherTexts)],
    [schema, 'random tokens', ...cells(randomTokens)],
  ];
}

function cells({ count: times, p50, p99, p999, max }: Percentiles): string[] {
  return [count(times), ...[p50, p99, p999, max].map((value) => value.toFixed(1))];
}
