// Traces of routers: which experts a model chose, in the order of the computation. Cache policies are compared on them.
// The format is in the README of the package.
import { reasonOf, RondoError, shownName, shownValue } from '@rondo/errors';

/** What the header of a trace says. */
export interface ExpertTraceHeader {
  /** The number of layers of the model; layers without experts are counted and have no records. */
  readonly layers: number;
  /** The number of experts of a layer. */
  readonly experts: number;
  /** The number of experts that a token uses in a layer. */
  readonly used: number;
  /** Where the trace is from, for people: the name of a model, or `synthetic` and its settings. */
  readonly source: string;
}

/** The choices of a layer's router, for all tokens of a batch. */
export interface ExpertRecord {
  readonly layer: number;
  /** For each token the numbers of its experts; `used` different numbers. */
  readonly rows: readonly (readonly number[])[];
}

/** A trace. */
export interface ExpertTrace {
  readonly header: ExpertTraceHeader;
  /** In the order of the computation. */
  readonly records: readonly ExpertRecord[];
}

const FORMAT = 'rondo-expert-trace';
const VERSION = 1;
/** More than any model has; a larger number is a mistake. */
const MOST_LAYERS = 4096;
const MOST_EXPERTS = 65_536;
const HEADER_KEYS = ['format', 'version', 'layers', 'experts', 'used', 'source'];

/**
 * Writes a trace: passes the header, and then each record, as lines of text to `write`.
 *
 * @returns a function that adds a record
 * @throws RondoError `BAD_ARGUMENT` for a header or a record that the format cannot hold; nothing is written then
 */
export function writeExpertTrace(
  { layers, experts, used, source }: ExpertTraceHeader,
  write: (text: string) => void,
): (record: ExpertRecord) => void {
  const header = { layers, experts, used, source };
  const flaw = flawOfHeader(header);
  if (flaw !== undefined) throw new RondoError('BAD_ARGUMENT', `The header of an expert trace: ${flaw}`);
  write(`${JSON.stringify({ format: FORMAT, version: VERSION, ...header })}\n`);
  return (record) => {
    const flaw = flawOfRecord(record, header);
    if (flaw !== undefined) throw new RondoError('BAD_ARGUMENT', `A record of an expert trace: ${flaw}`);
    write(`${record.layer} ${record.rows.map((row) => row.join(',')).join(';')}\n`);
  };
}

/**
 * Reads a trace from its text. `name` is the name of the file, for errors.
 *
 * @throws RondoError `BAD_MAGIC` for another kind of file, `UNSUPPORTED_VERSION`, `TRUNCATED` for a file that ends within a
 * line, `BAD_CONFIG` for an invalid header or line; the message names the file and the line
 */
export function readExpertTrace(text: string, name: string): ExpertTrace {
  const lines = text.split('\n');
  const header = readHeader(lines[0] ?? '', name);
  if (lines.pop() !== '') {
    throw new RondoError(
      'TRUNCATED',
      `${shownName(name)} ends within line ${lines.length + 1}: the recording was interrupted, or the file was cut. Delete that line, or record again.`,
      { details: { name, line: lines.length + 1 } },
    );
  }
  const records = lines.slice(1).map((line, index) => readRecord(line, header, name, index + 2));
  return { header, records };
}

function readHeader(line: string, name: string): ExpertTraceHeader {
  let values: Record<string, unknown>;
  try {
    values = Object(JSON.parse(line)) as Record<string, unknown>;
  } catch (cause) {
    throw noTrace(name, reasonOf(cause));
  }
  const { format, version, ...header } = values;
  if (format !== FORMAT) throw noTrace(name, `its format is ${shownValue(format)}`);
  if (version !== VERSION) {
    throw new RondoError(
      'UNSUPPORTED_VERSION',
      `${shownName(name)} is an expert trace of version ${shownValue(version)}; version ${VERSION} can be read.`,
      { details: { name, version } },
    );
  }
  const unknown = Object.keys(values).find((key) => !HEADER_KEYS.includes(key));
  const flaw =
    unknown === undefined ? flawOfHeader(header) : `${shownName(unknown)} is no key of version ${VERSION}.`;
  if (flaw !== undefined) throw badLine(name, 1, flaw);
  return header as unknown as ExpertTraceHeader;
}

function readRecord(line: string, header: ExpertTraceHeader, name: string, number: number): ExpertRecord {
  const [layer = '', rows, ...others] = line.split(' ');
  if (rows === undefined || others.length > 0)
    throw badLine(
      name,
      number,
      `${shownValue(line)} is not a layer, a space, and the experts of its tokens.`,
    );
  const record = {
    layer: wholeNumber(layer),
    rows: rows.split(';').map((row) => row.split(',').map(wholeNumber)),
  };
  const flaw = flawOfRecord(record, header);
  if (flaw !== undefined) throw badLine(name, number, flaw);
  return record;
}

/** The number that a text of digits writes; NaN for any other text, also for ` 1`, `01` and `1e3`. */
function wholeNumber(text: string): number {
  const value = Number(text);
  return String(value) === text ? value : Number.NaN;
}

/** The mistake in a header; undefined for a valid header. */
function flawOfHeader(header: { readonly [Key in keyof ExpertTraceHeader]?: unknown }): string | undefined {
  const { layers, experts, used, source } = header;
  if (!isFrom(1, layers, MOST_LAYERS))
    return `layers must be a whole number from 1 to ${MOST_LAYERS}; got ${shownValue(layers)}.`;
  if (!isFrom(1, experts, MOST_EXPERTS))
    return `experts must be a whole number from 1 to ${MOST_EXPERTS}; got ${shownValue(experts)}.`;
  if (!isFrom(1, used, experts))
    return `used must be a whole number from 1 to the ${experts} experts; got ${shownValue(used)}.`;
  if (typeof source !== 'string') return `source must be a text; got ${shownValue(source)}.`;
  return undefined;
}

/** The mistake in a record; undefined for a valid record. */
function flawOfRecord(
  { layer, rows }: ExpertRecord,
  { layers, experts, used }: ExpertTraceHeader,
): string | undefined {
  if (!isFrom(0, layer, layers - 1))
    return `the layer must be a whole number below ${layers}; got ${shownValue(layer)}.`;
  if (rows.length === 0) return `layer ${layer} has no tokens.`;
  for (const row of rows) {
    if (row.length !== used)
      return `a token of layer ${layer} has ${row.length} experts, and a token uses ${used}.`;
    const wrong = row.find((expert) => !isFrom(0, expert, experts - 1));
    if (wrong !== undefined)
      return `an expert of layer ${layer} must be a whole number below ${experts}; got ${shownValue(wrong)}.`;
    if (new Set(row).size < used) return `a token of layer ${layer} has the same expert twice.`;
  }
  return undefined;
}

function isFrom(least: number, value: unknown, most: number): value is number {
  return Number.isInteger(value) && least <= Number(value) && Number(value) <= most;
}

function noTrace(name: string, reason: string): RondoError {
  return new RondoError(
    'BAD_MAGIC',
    `${shownName(name)} is no expert trace: ${reason}. Such a file begins with {"format":"${FORMAT}".`,
    { details: { name } },
  );
}

function badLine(name: string, line: number, flaw: string): RondoError {
  return new RondoError('BAD_CONFIG', `Line ${line} of ${shownName(name)}: ${flaw}`, {
    details: { name, line },
  });
}
