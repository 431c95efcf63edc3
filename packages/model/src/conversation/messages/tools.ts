// The tools of a conversation, as a program gives them.
import { quoted, shownValue } from '@rondo/errors';
import { badArgument, checkKeys, isRecord, textOf } from './bad-argument.ts';

/** A tool that the model may call. */
export interface ToolDefinition {
  /** Letters, digits, `_`, `-` and `.`. */
  readonly name: string;
  /** What the tool does, for the model. */
  readonly description?: string | undefined;
  /** The JSON Schema of the arguments, an object. Default: no arguments. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** Accepted for OpenAI's clients, without effect: arguments follow their schema in any case. */
  readonly strict?: boolean | undefined;
}

/** A tool in its plain shape, or in the shape of OpenAI's API. */
export type GivenTool = ToolDefinition | { readonly type: 'function'; readonly function: ToolDefinition };

/** Whether the model calls tools: as it likes, not at all, at least one, or this one. */
export type ToolChoice =
  | 'auto'
  | 'none'
  | 'required'
  | { readonly name: string }
  | { readonly type: 'function'; readonly function: { readonly name: string } };

const plainName = /^[\w.-]{1,128}$/;

/**
 * The tools that a program gives.
 *
 * @throws RondoError `BAD_ARGUMENT` for unknown keys, names given twice, and schemas that are no objects
 */
export function readTools(given: unknown): ToolDefinition[] {
  if (!Array.isArray(given))
    throw badArgument(`tools must be a list, not ${shownValue(given)}.`, { found: given });
  const names = new Set<string>();
  return given.map((tool: unknown, index) => {
    const read = readTool(tool, `Tool ${index + 1}`);
    if (names.has(read.name))
      throw badArgument(`Two tools have the name ${quoted(read.name)}.`, { name: read.name });
    names.add(read.name);
    return read;
  });
}

function readTool(given: unknown, what: string): ToolDefinition {
  const isNested = isRecord(given) && given['function'] !== undefined;
  checkKeys(
    what,
    given,
    isNested ? ['type', 'function'] : ['type', 'name', 'description', 'parameters', 'strict'],
  );
  if (given['type'] !== undefined && given['type'] !== 'function') {
    throw badArgument(`${what} is of the type ${shownValue(given['type'])}; only function is known.`, {
      type: given['type'],
    });
  }
  const inner = isNested ? given['function'] : given;
  if (isNested) checkKeys(`The function of ${what}`, inner, ['name', 'description', 'parameters', 'strict']);
  const record = inner as Readonly<Record<string, unknown>>;
  const name = textOf(what, record, 'name') ?? '';
  if (!plainName.test(name)) {
    throw badArgument(
      `The name ${quoted(name)} of ${what.toLowerCase()} is no plain name. Use letters, digits, "_", "-" and ".".`,
      { name },
    );
  }
  const description = textOf(`tool ${quoted(name)}`, record, 'description');
  const { parameters } = record;
  if (parameters !== undefined && (!isRecord(parameters) || !isObjectSchema(parameters))) {
    throw badArgument(
      `The parameters of the tool ${quoted(name)} must be a JSON Schema of an object, not ${shownValue(parameters)}.`,
      { name, found: parameters },
    );
  }
  return {
    name,
    ...(description === undefined ? {} : { description }),
    parameters: parameters === undefined ? { type: 'object', properties: {} } : jsonOf(name, parameters),
  };
}

const isObjectSchema = ({ type, properties }: Readonly<Record<string, unknown>>): boolean =>
  (type === undefined || type === 'object' || (Array.isArray(type) && type.includes('object'))) &&
  (properties === undefined || isRecord(properties));

/** A copy of the schema as JSON. @throws RondoError `BAD_ARGUMENT` for a schema that contains itself, or another kind of value */
function jsonOf(
  name: string,
  parameters: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(JSON.stringify(parameters)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw badArgument(`The parameters of the tool ${quoted(name)} are no JSON.`, { name, cause });
  }
}

/** How calls are chosen: freely, or with a call that the output must begin with. */
export interface CallPolicy {
  readonly isOff: boolean;
  /** Whether the output must be a call. */
  readonly isForced: boolean;
  /** The tool that must be called; undefined: any. */
  readonly tool: string | undefined;
}

/** @throws RondoError `BAD_ARGUMENT` for a choice that is none of the known, or of a tool that there is not */
export function readToolChoice(choice: unknown, tools: readonly ToolDefinition[]): CallPolicy {
  const off = { isOff: true, isForced: false, tool: undefined };
  if (choice === undefined || choice === 'auto') return { ...off, isOff: tools.length === 0 };
  if (choice === 'none') return off;
  const nested = isRecord(choice) && isRecord(choice['function']) ? choice['function'] : choice;
  const name = isRecord(nested) ? nested['name'] : undefined;
  if (choice !== 'required' && typeof name !== 'string') {
    throw badArgument(`toolChoice must be auto, none, required, or { name: … }, not ${shownValue(choice)}.`, {
      found: choice,
    });
  }
  if (tools.length === 0)
    throw badArgument('toolChoice asks for a call, but there are no tools.', { found: choice });
  if (typeof name === 'string' && !tools.some((tool) => tool.name === name)) {
    throw badArgument(`toolChoice names the tool ${quoted(name)}, which is not among the tools.`, { name });
  }
  return { isOff: false, isForced: true, tool: typeof name === 'string' ? name : undefined };
}
