// Schemas of a wanted size as tools and structured outputs have them, and values that satisfy them.

/** Numbers from 0 to below 1. */
export type Random = () => number;

/** A schema, and values that satisfy it. */
export interface SampledSchema {
  readonly schema: Record<string, unknown>;
  value(random: Random): unknown;
}

/** The same numbers for the same seed. Source: the minimal standard generator of Park and Miller 1988. */
export function seeded(seed: number): Random {
  const modulus = 2 ** 31 - 1;
  let state = 1 + (seed % (modulus - 1));
  return () => {
    state = (state * 48271) % modulus;
    return (state - 1) / (modulus - 1);
  };
}

const words =
  `order customer invoice address street city country amount currency status priority label comment author created
  updated deadline owner project version release build target source channel message recipient subject body attachment
  temperature humidity pressure latitude longitude altitude speed heading sensor device serial model vendor price quantity
  discount total tax note summary title description category tags score rating review language region`.split(
    /\s+/,
  );

function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('There is nothing to pick from.');
  return item;
}

function prose(random: Random, most: number): string {
  let text = pick(words, random);
  while (text.length < most && random() < 0.9) text += ` ${pick(words, random)}`;
  return `${text.slice(0, most - 1)}${random() < 0.3 ? '.' : random() < 0.2 ? '"' : 'é'}`;
}

/** A schema of about `bytes` bytes as JSON text, with definitions that refer to each other. */
export function sampleSchema(bytes: number, seed: number): SampledSchema {
  const random = seeded(seed);
  const properties: [string, SampledSchema, boolean][] = [];
  let size = 0;
  for (let i = 0; size < bytes; i++) {
    const name = `${pick(words, random)}_${pick(words, random)}_${i}`;
    const property = sampleValue(random, 3);
    properties.push([name, property, random() < 0.6]);
    size += JSON.stringify(property.schema).length + name.length + 6;
  }
  return objectOf(properties, random);
}

function sampleValue(random: Random, levels: number): SampledSchema {
  const kind = Math.floor(random() * (levels > 0 ? 12 : 9));
  const description = { description: prose(random, 60) };
  switch (kind) {
    case 0:
    case 1:
      return { schema: { type: 'string', ...description }, value: (next) => prose(next, 80) };
    case 2: {
      const maxLength = pick([20, 64, 100, 255, 1000], random);
      return {
        schema: { type: 'string', minLength: 1, maxLength, ...description },
        value: (next) => prose(next, Math.min(60, maxLength)),
      };
    }
    case 3: {
      const listed = Array.from(
        { length: 2 + Math.floor(random() * 8) },
        () => `${pick(words, random)}-${pick(words, random)}`,
      );
      return {
        schema: { type: 'string', enum: listed, ...description },
        value: (next) => pick(listed, next),
      };
    }
    case 4: {
      const maximum = pick([10, 100, 65535, 1_000_000], random);
      return {
        schema: { type: 'integer', minimum: 0, maximum, ...description },
        value: (next) => Math.floor(next() * maximum),
      };
    }
    case 5:
      return { schema: { type: 'number', ...description }, value: (next) => Math.round(next() * 1e6) / 1e3 };
    case 6:
      return { schema: { type: ['boolean', 'null'] }, value: (next) => pick([true, false, null], next) };
    case 7:
      return {
        schema: { type: 'string', format: 'date-time', ...description },
        value: (next) =>
          `20${10 + Math.floor(next() * 80)}-0${1 + Math.floor(next() * 9)}-1${Math.floor(next() * 9)}T12:34:56Z`,
      };
    case 8:
      return {
        schema: { type: 'string', pattern: '^[A-Z]{2,4}-[0-9]{1,12}$', ...description },
        value: (next) => `ORD-${Math.floor(next() * 1e9)}`,
      };
    case 9: {
      const items = sampleValue(random, levels - 1);
      return {
        schema: { type: 'array', items: items.schema, minItems: 1, maxItems: 20, ...description },
        value: (next) => Array.from({ length: 1 + Math.floor(next() * 3) }, () => items.value(next)),
      };
    }
    case 10: {
      const branches = [0, 1, 2].map(() => sampleValue(random, levels - 1));
      return {
        schema: { anyOf: branches.map(({ schema }) => schema), ...description },
        value: (next) => pick(branches, next).value(next),
      };
    }
    default: {
      const inner = Array.from(
        { length: 2 + Math.floor(random() * 6) },
        (_, i): [string, SampledSchema, boolean] => [
          `${pick(words, random)}_${i}`,
          sampleValue(random, levels - 1),
          random() < 0.5,
        ],
      );
      return objectOf(inner, random);
    }
  }
}

function objectOf(properties: readonly [string, SampledSchema, boolean][], random: Random): SampledSchema {
  const isOpen = random() < 0.3;
  // Required properties come first in the generated texts.
  const ordered = properties.toSorted(([, , a], [, , b]) => Number(b) - Number(a));
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(properties.map(([name, { schema }]) => [name, schema])),
      required: properties.flatMap(([name, , isRequired]) => (isRequired ? [name] : [])),
      additionalProperties: isOpen ? { type: 'integer' } : false,
    },
    value(next) {
      const kept = ordered.filter(([, , isRequired]) => isRequired || next() < 0.5);
      const own = kept.map(([name, { value }]): [string, unknown] => [name, value(next)]);
      const others =
        isOpen && next() < 0.5 ? [[`${pick(words, next)} ${pick(words, next)}`, 7] as [string, unknown]] : [];
      return Object.fromEntries([...own, ...others]);
    },
  };
}
