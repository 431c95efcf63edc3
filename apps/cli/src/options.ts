// The one table of the options of all commands: flags, help and checks come from here.
import {
  anyCase,
  choice,
  decimal,
  dtype,
  flag,
  metadataValues,
  named,
  negatedFlag,
  orAuto,
  text,
  texts,
  whole,
  type OptionType,
} from './option-types.ts';
import { quantizations, type QuantizationName } from '@rondo/quantize';
import { synthShapes, type SynthShapeName } from '@rondo/synth';
import { prefetchStrategies } from '@rondo/prefetch';
import { samplingTable } from './sampling-table.ts';
import { policyOfName, prefetchNames } from './strategies.ts';

/** One option; its name is its key in the table, `maxTokens` for `--max-tokens`. */
export interface OptionSpec {
  /** The name on the command line, where it is not the key. */
  readonly flag?: string | undefined;
  readonly short?: string;
  readonly type: OptionType<unknown>;
  /** The value if the option is not given. Without a default, that value is undefined. */
  readonly default?: unknown;
  readonly required?: boolean;
  readonly help: string;
  /** Heading in the help. */
  readonly group?: string;
}

/** Options by name. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** The values that reading the options of a table gives. */
export type ValuesOf<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name] extends { type: OptionType<infer Value> }
    ? Table[Name] extends { default: unknown } | { required: true }
      ? Value
      : Value | undefined
    : never;
};

function group<Table extends OptionTable>(heading: string, table: Table): Table {
  return Object.fromEntries(
    Object.entries(table).map(([name, spec]) => [name, { ...spec, group: heading }]),
  ) as Table;
}

const policyHelp = [...policyOfName].map(([name, { description }]) => `${name} ${description}`);
const prefetchHelp = prefetchNames.map((name) => `${name} ${prefetchStrategies[name].description}`);

/** How a model is loaded and run. */
const running = group('Memory and speed:', {
  memory: {
    type: text('<amount>'),
    default: 'auto',
    help: 'memory for weights, context and activations, such as 2GiB; what does not fit is read again as needed; auto: four fifths of what is free',
  },
  context: {
    type: whole({ least: 1 }),
    help: "tokens that the model sees at most (default: the model's own, up to 4096)",
  },
  kvCache: {
    type: choice(['f32', 'q8_0']),
    default: 'f32',
    help: 'how the context is kept in memory: f32, or q8_0 in about a quarter of it',
  },
  threads: {
    type: orAuto(whole({ least: 1, most: 256 })),
    default: 'auto',
    help: 'threads that compute, on the CPU',
  },
  backend: {
    type: choice(['cpu', 'webgpu', 'auto']),
    default: 'auto',
    help: 'what computes: cpu, or webgpu, which needs a GPU and the npm package webgpu; auto is cpu',
  },
  grain: {
    type: choice(['tensor', 'layer']),
    default: 'tensor',
    help: 'in what pieces weights come and go when memory is short: tensor (large ones in rows) or layer',
  },
  cache: {
    type: choice([...policyOfName.keys()]),
    help: `which weights make room when memory is short: ${policyHelp.join('; ')} (default: pinned, for experts round-lfu)`,
  },
  prefetch: {
    type: choice(prefetchNames),
    help: `which weights are read ahead when memory is short: ${prefetchHelp.join('; ')} (default: async)`,
  },
  prefetchDistance: {
    type: whole({ least: 1 }),
    help: 'how many pieces ahead (default: 1 for sync, 4 for async; predictive finds out, up to 8)',
  },
} as const satisfies OptionTable);

/** Values that replace the metadata of the file. */
const overriding = group("In place of the file's metadata:", {
  overrideKv: {
    type: metadataValues,
    help: 'a value of the metadata; TYPE is int, float, bool or str; may be given again',
  },
  ropeFreqBase: {
    type: decimal({ above: 0 }),
    help: 'base of the rotary frequencies',
  },
  ropeFreqScale: {
    type: decimal({ above: 0 }),
    help: 'what positions are multiplied by: 0.25 stretches the context fourfold',
  },
} as const satisfies OptionTable);

/** How one pass over the weights gives several tokens. */
const speculation = group('Speculation (the same text, from fewer passes over the weights):', {
  speculate: {
    type: choice(['none', 'lookup', 'mtp']),
    default: 'none',
    help: 'lookup: propose what followed the same words before, for texts that repeat themselves or their prompt; mtp: propose what the MTP block of the model predicts, which Qwen3.5 files may have; none where that does not pay',
  },
  draft: {
    type: named('<model>'),
    help: 'a smaller model of the same vocabulary that proposes tokens; it shares --memory and has the same options',
  },
} as const satisfies OptionTable);

/** How tokens are chosen. */
const sampling = group('Choosing tokens:', {
  ...samplingTable,
  stop: { type: texts('<text>'), default: [], help: 'end where this text would come; may be repeated' },
} as const satisfies OptionTable);

/** The grammar that a text must match. */
export const grammarOptions = group('Structured output (at most one of these):', {
  schema: {
    type: named('<path>'),
    help: 'a file with a JSON Schema: the text is JSON that the schema describes',
  },
  grammar: { type: named('<path>'), help: 'a file with a grammar in GBNF, as llama.cpp has them' },
  regex: { type: text('<expression>'), help: 'a regular expression that matches the whole text' },
} as const satisfies OptionTable);

const debug = {
  debug: { type: flag, default: false, help: 'show the stack of an error' },
} as const satisfies OptionTable;

const json = {
  json: { type: flag, default: false, help: 'one JSON object instead of text' },
} as const satisfies OptionTable;

/** A text with a gap, in place of a prompt. */
const filling = group('Filling in the middle of a text, in place of --prompt:', {
  prefix: { type: text('<text>'), help: 'text before the gap; - reads it from stdin' },
  prefixFile: { type: named('<path>'), help: 'file of the text before the gap; - is stdin' },
  suffix: { type: text('<text>'), help: 'text behind the gap; - reads it from stdin' },
  suffixFile: { type: named('<path>'), help: 'file of the text behind the gap; - is stdin' },
} as const satisfies OptionTable);

/** Options of `rondo generate`. */
export const generateOptions = {
  prompt: {
    short: 'p',
    type: text('<text>'),
    help: 'text to continue; - reads it from stdin',
  },
  ...filling,
  maxTokens: { short: 'n', type: whole({ least: 0 }), default: 128, help: 'tokens at most' },
  profile: {
    type: named('<path>'),
    help: 'write what each thread of the model does (not of --draft) to this new file, a trace for ui.perfetto.dev, and a summary to stderr',
  },
  traceExperts: {
    type: named('<path>'),
    help: 'write which experts the routers choose to this new file, to compare cache policies on it',
  },
  logprobs: {
    type: whole({ least: 0 }),
    help: 'with --json: the log probability of each token, and of this many of the likeliest',
  },
  ...json,
  ...debug,
  ...sampling,
  ...grammarOptions,
  ...speculation,
  ...running,
  ...overriding,
} as const satisfies OptionTable;

/** Options of `rondo chat`. */
export const chatOptions = {
  system: { type: text('<text>'), help: 'what the model is told before the conversation' },
  chatTemplate: {
    type: named('<path or name>'),
    help: "the chat template: a file with . or / in its path, or the name of a known format such as chatml, llama-3, gemma (default: the model's own)",
  },
  tools: {
    type: named('<path>'),
    help: "a JSON file with a list of tools that the model may call, in the shape of OpenAI's API; the line behind a call is its result",
  },
  maxTokens: {
    short: 'n',
    type: whole({ least: 1 }),
    help: 'tokens of an answer at most (default: until it ends)',
  },
  json: { type: flag, default: false, help: 'one JSON object for each answer instead of text' },
  ...debug,
  ...sampling,
  ...grammarOptions,
  ...speculation,
  ...running,
  ...overriding,
} as const satisfies OptionTable;

/** Options of `rondo inspect`. */
export const inspectOptions = { ...json, ...debug } as const satisfies OptionTable;

/** Options of `rondo plan`. */
export const planOptions = {
  ...json,
  ...debug,
  ...running,
  speculate: {
    ...speculation.speculate,
    help: 'mtp: with the memory of the MTP block; other strategies need no memory',
  },
  ...overriding,
} as const satisfies OptionTable;

/** Options of `rondo tokenize`. */
export const tokenizeOptions = {
  text: { type: text('<text>'), help: 'text to tokenize' },
  file: { type: named('<path>'), help: 'file to tokenize; - is stdin' },
  bos: { type: negatedFlag, default: true, help: 'leave out the token that begins a text' },
  ...json,
  ...debug,
} as const satisfies OptionTable;

/** Options of `rondo perplexity`. */
export const perplexityOptions = {
  file: { type: named('<path>'), required: true, help: 'text to measure on; - is stdin' },
  ...json,
  ...debug,
  ...running,
  ...overriding,
  context: {
    ...running.context,
    type: whole({ least: 2 }),
    default: 512,
    help: 'tokens of each window; the second half is scored',
  },
} as const satisfies OptionTable;

const shapeNames = Object.keys(synthShapes) as SynthShapeName[];
/** The shapes of published models; other shapes are for tests. */
const publishedNames = shapeNames.filter((name) => !name.startsWith('tiny-'));

/** How a command writes its file. */
const writing = {
  out: { type: named('<path>'), required: true, help: 'the file to write' },
  force: { type: flag, default: false, help: 'replace the file if there is one' },
} as const satisfies OptionTable;

/** Options of `rondo synth`. */
export const synthOptions = {
  shape: {
    type: choice(shapeNames),
    required: true,
    help: `which model's shape: ${publishedNames.join(', ')}; for tests, tiny-experts, or tiny-<architecture> such as tiny-gemma3`,
  },
  quant: { type: dtype, default: 'Q4_0', help: 'data type of most weights, such as q4_0, q4_k, q8_0 or f16' },
  layers: { type: whole({ least: 1, most: 4096 }), help: "fewer or more layers than the model's" },
  vocab: {
    type: named('<model>'),
    help: 'take the vocabulary of this GGUF file; the shape follows its size',
  },
  seed: { type: whole({ least: 0, most: 2 ** 32 - 1 }), default: 1, help: 'same seed, same file' },
  ...writing,
  ...debug,
} as const satisfies OptionTable;

const quantizationNames = Object.keys(quantizations) as QuantizationName[];

/** Options of `rondo quantize`. */
export const quantizeOptions = {
  quant: {
    type: anyCase(choice(quantizationNames)),
    required: true,
    help: `what to: ${quantizationNames.join(', ')}`,
  },
  requantize: { type: flag, default: false, help: 'take weights that are quantized already, at a loss' },
  ...writing,
  ...debug,
} as const satisfies OptionTable;

/** Options of `rondo pull`. */
export const pullOptions = {
  sha256: { type: text('<digest>'), help: "what the file's SHA-256 must be (default: what the hub says)" },
  ...json,
  ...debug,
} as const satisfies OptionTable;

/** Options of `rondo cache`. */
export const cacheOptions = {
  all: { type: flag, default: false, help: 'rm: delete everything' },
  ...json,
  ...debug,
} as const satisfies OptionTable;

/** Values of the options that all commands that run a model share. */
export type RunningValues = ValuesOf<typeof running & typeof overriding>;

/** Values of the options that say what `rondo generate` continues or fills in. */
export type PromptValues = Pick<ValuesOf<typeof generateOptions>, 'prompt' | keyof typeof filling>;

/** Values of the options that all commands that choose tokens share. */
export type SamplingValues = ValuesOf<typeof sampling>;

/** Values of the options that all commands that generate text share. */
export type SpeculationValues = ValuesOf<typeof speculation>;
