// A schema as a document: its subschemas, their places and their references.
import { badGrammar } from '../errors.ts';

/** A schema with keywords. */
export type SchemaObject = Readonly<Record<string, unknown>>;

/** A schema: keywords, or whether any value is valid. */
export type SchemaNode = SchemaObject | boolean;

/** A schema with its subschemas. */
export interface SchemaDocument {
  readonly root: SchemaNode;
  /** The JSON pointer of a node, with `#` in front. */
  pointerOf(node: SchemaObject): string;
  /** A number that distinguishes the node. */
  idOf(node: SchemaObject): number;
  /**
   * The node that `$ref` of a node names. @throws RondoError `BAD_GRAMMAR` if it does not exist or is in another document
   */
  resolve(node: SchemaObject): SchemaNode;
}

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is SchemaObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a schema. @throws RondoError `BAD_GRAMMAR` if it is none */
export function schemaNode(value: unknown, where: string): SchemaNode {
  if (isObject(value) || typeof value === 'boolean') return value;
  throw badGrammar('syntax', 'a schema must be an object, true or false', where);
}

/** A list of schemas. @throws RondoError `BAD_GRAMMAR` if it is none */
export function schemaList(value: unknown, where: string): SchemaNode[] {
  if (!Array.isArray(value)) throw badGrammar('syntax', 'a list of schemas is missing', where);
  return value.map((each, i) => schemaNode(each, `${where}/${i}`));
}

/** A document of a schema that `checkJson` has checked. The places of all values in it are noted. */
export function schemaDocument(schema: unknown): SchemaDocument {
  const root = schemaNode(schema, '#');
  const pointers = new Map<object, string>();
  const anchors = new Map<string, SchemaObject>();
  const ids = new Map<object, number>();
  note(schema, '#');

  function note(value: unknown, pointer: string): void {
    if (typeof value !== 'object' || value === null || pointers.has(value)) return;
    pointers.set(value, pointer);
    if (isObject(value)) {
      const { $anchor, $id } = value;
      if (typeof $anchor === 'string') anchors.set(`#${$anchor}`, value);
      if (typeof $id === 'string') anchors.set($id, value);
    }
    for (const [key, inner] of Object.entries(value)) note(inner, `${pointer}/${escapePointer(key)}`);
  }

  return {
    root,
    pointerOf(node) {
      return pointers.get(node) ?? '#';
    },
    idOf(node) {
      let id = ids.get(node);
      if (id === undefined) ids.set(node, (id = ids.size));
      return id;
    },
    resolve(node) {
      const where = pointers.get(node) ?? '#';
      const { $ref } = node;
      if (typeof $ref !== 'string') throw badGrammar('syntax', '$ref is no text', where);
      const anchored = anchors.get($ref);
      if (anchored !== undefined) return anchored;
      if (!$ref.startsWith('#')) {
        throw badGrammar('unsupported', `the reference ${$ref} leads out of the schema`, where);
      }
      const target = follow(schema, $ref);
      if (target === undefined) throw badGrammar('syntax', `the reference ${$ref} leads nowhere`, where);
      return schemaNode(target, `${where}/$ref`);
    },
  };
}

function follow(schema: unknown, reference: string): unknown {
  let at = schema;
  let path = reference.slice(1);
  try {
    path = decodeURIComponent(path);
  } catch {
    // A percent sign that escapes nothing stands for itself.
  }
  if (path === '') return at;
  if (!path.startsWith('/')) return undefined;
  for (const part of path.slice(1).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

/** A key as a part of a JSON pointer (RFC 6901). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
