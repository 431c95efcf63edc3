// How large the text of a template's value can become, without writing it out: a list that holds the same list twice,
// thirty times over, is thirty small objects and a gigabyte of text.
import { RondoError } from '@rondo/errors';
import { templateLimits } from './template-limits.ts';

/** A value of the Jinja interpreter, as far as this project looks at it. */
export interface JinjaValue {
  readonly type: string;
  readonly value: unknown;
  readonly builtins?: ReadonlyMap<string, JinjaValue> | undefined;
}

interface Size {
  readonly characters: number;
  readonly depth: number;
}

/** What an element of a list counts beside its text: separators, quotes, memory. */
export const charactersPerElement = 16;

/** The error for a limit that was passed. */
export function overLimit(what: string, limit: number): RondoError {
  return new RondoError(
    'BAD_TEMPLATE',
    `The chat template was stopped: ${what} (the limit is ${limit}). Use another template, or shorten the messages.`,
    { details: { limit } },
  );
}

function childrenOf(value: JinjaValue): readonly JinjaValue[] | undefined {
  if (Array.isArray(value.value)) return value.value;
  if (value.value instanceof Map) return [...value.value.values()];
  return undefined;
}

/**
 * A function that gives the size of values in characters of text.
 *
 * Lists and mappings never change once made, so their sizes are remembered. Namespaces do change, and may therefore not
 * stand inside anything: no honest template does that.
 *
 * @throws RondoError `BAD_TEMPLATE` where a value is larger or deeper than the limits allow
 */
export function createSizeMeter(): (value: JinjaValue) => number {
  const known = new WeakMap<object, Size>();

  const measure = (value: JinjaValue): Size => {
    if (typeof value.value === 'string') return { characters: value.value.length, depth: 0 };
    const children = childrenOf(value);
    if (children === undefined) return { characters: charactersPerElement, depth: 0 };
    const remembered = known.get(value);
    if (remembered !== undefined) return remembered;
    if (children.length > templateLimits.elements) {
      throw overLimit(`a list has ${children.length} elements`, templateLimits.elements);
    }
    let characters = 0;
    let depth = 0;
    for (const child of children) {
      if (child.type === 'NamespaceValue') {
        throw new RondoError(
          'BAD_TEMPLATE',
          'The chat template was stopped: it puts a namespace inside another value.',
        );
      }
      const size = measure(child);
      characters += size.characters + charactersPerElement;
      depth = Math.max(depth, size.depth + 1);
    }
    if (value.value instanceof Map) {
      for (const key of value.value.keys()) characters += String(key).length;
    }
    if (depth > templateLimits.nestedValues)
      throw overLimit('lists within lists', templateLimits.nestedValues);
    const size = { characters, depth };
    if (value.type !== 'NamespaceValue') known.set(value, size);
    return size;
  };

  return (value) => {
    const { characters } = measure(value);
    if (characters > templateLimits.textCharacters) {
      throw overLimit(`a text of ${characters} characters`, templateLimits.textCharacters);
    }
    return characters;
  };
}
