// Converts a JSON Schema to rules. Every text of the rules is JSON that satisfies the schema, but for the constraints that
// are reported. Not every value that satisfies the schema has a text: properties come in the order of the schema.
import { badGrammar } from '../errors.ts';
import { choiceOf, nothing, rule, type Expression, type Rules } from '../language/expression.ts';
import { grammarLimits } from '../limits.ts';
import { arrayText } from './array-text.ts';
import { checkJson } from './check-json.ts';
import { anything, conjoin, keyOf, type Conjunction, type Part } from './conjunction.ts';
import type { SchemaContext } from './context.ts';
import { areDisjoint } from './disjoint.ts';
import { json, jsonBodies } from './json-text.ts';
import { isUnknown } from './keywords.ts';
import { listedText } from './listed-values.ts';
import { integersText, numbersText } from './number-text.ts';
import { objectText } from './object-text.ts';
import { schemaDocument, type SchemaObject } from './schema-nodes.ts';
import { stringText } from './string-text.ts';
import { typesOf } from './types.ts';

/** Rules for the texts of a schema. */
export interface SchemaRules {
  readonly rules: Rules;
  /** Keywords that the rules do not impose, each with the JSON pointer of its schema. */
  readonly unsupported: readonly string[];
}

/** Converts a JSON Schema. @throws RondoError `BAD_GRAMMAR` if it is none, or at a limit */
export function rulesOfSchema(schema: unknown): SchemaRules {
  checkJson(schema);
  const document = schemaDocument(schema);
  const bodies = new Map(jsonBodies);
  const unsupported = new Set<string>();
  const known = new Map<string, Expression>();
  const waiting: { readonly name: string; readonly conjunction: Conjunction }[] = [];

  const context: SchemaContext = {
    document,
    patternTests: new Map(),
    valueOf(nodes) {
      return textOf(conjoin(document, anything, nodes));
    },
    rule(name, body) {
      const unique = uniqueName(name);
      bodies.set(unique, body);
      return rule(unique);
    },
    unsupported(node, keyword, reason) {
      unsupported.add(`${document.pointerOf(node)}: ${keyword}${reason === undefined ? '' : ` (${reason})`}`);
    },
  };

  function uniqueName(name: string): string {
    if (bodies.size >= grammarLimits.rules) {
      throw badGrammar('limit', `the schema needs more than ${grammarLimits.rules} rules`);
    }
    return bodies.has(name) ? `${name} ${bodies.size}` : name;
  }

  /** A reference to the rule of a conjunction. The body is made later, so that schemas may refer to themselves. */
  function textOf(conjunction: Conjunction): Expression {
    const { parts, groups, isImpossible } = conjunction;
    if (isImpossible) return nothing;
    if (parts.length + groups.length === 0) return json.value;
    const key = keyOf(document, conjunction);
    let text = known.get(key);
    if (text === undefined) {
      const [first] = [...parts, ...groups];
      const name = uniqueName(first === undefined ? '#' : document.pointerOf(first.node));
      bodies.set(name, nothing);
      waiting.push({ name, conjunction });
      known.set(key, (text = rule(name)));
    }
    return text;
  }

  function bodyOf(conjunction: Conjunction): Expression {
    const { parts, groups, isImpossible } = conjunction;
    const [group, ...rest] = groups;
    if (group === undefined) return partsText(parts);
    const { node, keyword, branches } = group;
    const combinations = groups.reduce((product, each) => product * each.branches.length, 1);
    if (combinations > grammarLimits.combinations) {
      throw badGrammar(
        'limit',
        `anyOf and oneOf combine to more than ${grammarLimits.combinations} alternatives`,
        document.pointerOf(node),
      );
    }
    if (keyword === 'oneOf' && !areDisjoint(context, branches)) {
      context.unsupported(node, 'oneOf', 'more than one may match');
    }
    const without = { parts, groups: rest, isImpossible };
    return choiceOf(branches.map((branch) => textOf(conjoin(document, without, [branch]))));
  }

  function partsText(parts: readonly Part[]): Expression {
    const nodes = parts.map(({ node }) => node);
    for (const node of nodes) reportGeneral(context, node);
    const listed = listedText(context, nodes);
    if (listed !== undefined) return listed;
    const types = typesOf(context, nodes);
    const options: Expression[] = [];
    if (types.has('object')) options.push(objectText(context, parts));
    if (types.has('array')) options.push(arrayText(context, nodes));
    if (types.has('string')) options.push(stringText(context, nodes));
    if (types.has('number')) options.push(numbersText(context, nodes));
    else if (types.has('integer')) options.push(integersText(context, nodes));
    if (types.has('boolean')) options.push(json.boolean);
    if (types.has('null')) options.push(json.null);
    return choiceOf(options);
  }

  const root = context.valueOf([document.root]);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    bodies.set(next.name, bodyOf(next.conjunction));
  }
  bodies.set('the schema', root);
  return { rules: { root: 'the schema', bodies }, unsupported: [...unsupported].toSorted() };
}

function reportGeneral(context: SchemaContext, node: SchemaObject): void {
  for (const keyword of Object.keys(node)) {
    if (keyword === 'not' || keyword === 'if') context.unsupported(node, keyword);
    else if (isUnknown(keyword)) context.unsupported(node, keyword, 'unknown');
  }
}
