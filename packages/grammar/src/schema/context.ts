// What the parts of the conversion share.
import type { Expression } from '../language/expression.ts';
import type { SchemaDocument, SchemaNode, SchemaObject } from './schema-nodes.ts';

/** What the parts of the conversion share. */
export interface SchemaContext {
  readonly document: SchemaDocument;
  /** The texts of values that satisfy all of the schemas. */
  valueOf(nodes: readonly SchemaNode[]): Expression;
  /** Makes a rule. @returns a reference to it */
  rule(name: string, body: Expression): Expression;
  /** Tests of patterns that were compiled before, by the pattern; null for a pattern that is not supported. */
  readonly patternTests: Map<string, ((text: string) => boolean) | null>;
  /** Notes that a keyword of a schema is not imposed. */
  unsupported(node: SchemaObject, keyword: string, reason?: string): void;
}
