// llama.cpp's tables of grammars and schemas, read out of its tests when ours run.
import { readFileSync } from 'node:fs';
import { llamaCppPath } from '@rondo/testkit';
import { callsIn, type Argument, type TextPart } from './cpp-literals.ts';

/** A schema of test-json-schema-to-grammar.cpp. */
export interface SchemaCase {
  readonly name: string;
  readonly succeeds: boolean;
  readonly schema: string;
  /** In GBNF; empty for a schema that fails, and where the test has none. */
  readonly grammar: string;
}

/** The schemas of test-json-schema-to-grammar.cpp: those of its table, and two that its `main` converts. */
export function schemaCases(): SchemaCase[] {
  const source = sourceOf('test-json-schema-to-grammar.cpp');
  const main = source.slice(source.indexOf('int main'));
  const [recursive = '', parameters = '', grammar = ''] = [...main.matchAll(/R"""\(([\s\S]*?)\)"""/g)].map(
    ([, text = '']) => text,
  );
  // `main` converts the schema of one property, together with the definitions around it.
  const item = JSON.stringify({ ...(JSON.parse(parameters) as object), ...propertyOnly });
  return [
    ...tabledSchemas(),
    { name: 'parsed document', succeeds: true, schema: recursive, grammar: '' },
    { name: 'sub-schema $ref', succeeds: true, schema: item, grammar },
  ];
}

/** Leaves the definitions of a schema with one property `item`, and refers to the property. */
const propertyOnly = { type: undefined, properties: undefined, $ref: '#/$defs/item' };

function tabledSchemas(): SchemaCase[] {
  return calls('test-json-schema-to-grammar.cpp', ['test']).flatMap(([, [argument]]) => {
    if (argument?.kind !== 'list') return [];
    const [status, name, schema, grammar] = argument.items;
    const succeeds = status?.kind === 'name' && status.name === 'SUCCESS';
    return [{ name: textOf(name), succeeds, schema: textOf(schema), grammar: textOf(grammar) }];
  });
}

/** A grammar or a schema of test-grammar-integration.cpp, with texts that match it and texts that do not. */
export interface IntegrationCase {
  readonly name: string;
  readonly isSchema: boolean;
  readonly source: string;
  readonly passing: readonly (readonly TextPart[])[];
  readonly failing: readonly (readonly TextPart[])[];
}

/** The grammars and schemas of test-grammar-integration.cpp. */
export function integrationCases(): IntegrationCase[] {
  return calls('test-grammar-integration.cpp', ['test_grammar', 'test_schema']).flatMap(([called, all]) => {
    const [name, source, passing, failing] = all;
    if (passing === undefined || failing === undefined) return [];
    return [
      {
        name: textOf(name),
        isSchema: called === 'test_schema',
        source: textOf(source),
        passing: textsOf(passing),
        failing: textsOf(failing),
      },
    ];
  });
}

/** A grammar of test-grammar-parser.cpp. */
export interface ParserCase {
  readonly source: string;
  readonly succeeds: boolean;
}

/** The grammars of test-grammar-parser.cpp. */
export function parserCases(): ParserCase[] {
  const source = sourceOf('test-grammar-parser.cpp');
  const found = [...source.matchAll(/verify_(?<kind>parsing|failure)\(R"""\((?<grammar>[\s\S]*?)\)"""/g)];
  return found.map(({ groups = {} }) => ({
    source: groups['grammar'] ?? '',
    succeeds: groups['kind'] === 'parsing',
  }));
}

function calls(file: string, functions: readonly string[]): [string, Argument[]][] {
  return callsIn(sourceOf(file), functions);
}

function sourceOf(file: string): string {
  return readFileSync(llamaCppPath(`tests/${file}`), 'utf8');
}

function partsOf(argument: Argument | undefined): readonly TextPart[] {
  if (argument?.kind !== 'text') throw new Error('A text is missing in the table.');
  return argument.parts;
}

function textOf(argument: Argument | undefined): string {
  return partsOf(argument)
    .map((part) => (typeof part === 'string' ? part : `token ${part.token}`))
    .join('');
}

function textsOf(argument: Argument): (readonly TextPart[])[] {
  if (argument.kind !== 'list') throw new Error('A list of texts is missing in the table.');
  return argument.items.map(partsOf);
}
