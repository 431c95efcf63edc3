// The names of the files of a split model, and the detection of names of pieces of a file. No I/O.
import { RondoError } from '@rondo/errors';

/** More files than any model has. */
const MAX_SHARDS = 10_000;
/** Characters of all names together, at most: a long name must not be repeated ten thousand times. */
const mostCharacters = 2 ** 18;

/**
 * What may follow a name: the query of an address, or a revision, in names of the hub only. In other names `@` is an
 * ordinary character.
 */
const suffix = String.raw`[?#].*|(?<=^hf:.*)@[^@]*`;
const shardName = new RegExp(
  String.raw`^(?<stem>.*)-(?<number>\d{5})(?<of>-of-)(?<count>\d{5})(?<extension>\.gguf)(?<suffix>${suffix})?$`,
  'is',
);
const partName = new RegExp(
  String.raw`^(?<stem>.*)(?:\.part(?<number>\d+)of(?<count>\d+)|-split-(?<letter>[a-z]))(?:${suffix})?$`,
  'is',
);

/**
 * The names of all files of a split model, in their order, from the name, path or address of any file
 * (`model-00002-of-00003.gguf`, also in capitals, with a query, or as `hf:` with a revision). Undefined for any other
 * name.
 *
 * @throws RondoError `LIMIT` when the names are too long together
 */
export function shardNames(name: string): string[] | undefined {
  const groups = shardName.exec(name)?.groups ?? {};
  const { stem = '', number, of = '', count = '', extension = '', suffix = '' } = groups;
  const total = Number(count);
  if (!(Number(number) >= 1 && Number(number) <= total && total <= MAX_SHARDS)) return undefined;
  if (total * name.length > mostCharacters) {
    throw new RondoError(
      'LIMIT',
      `By its name the model is split into ${total} files; their names of ${name.length} characters are more than the ${mostCharacters} accepted together.`,
      { details: { total, most: mostCharacters } },
    );
  }
  return Array.from(
    { length: total },
    (_, index) => `${stem}-${String(index + 1).padStart(5, '0')}${of}${count}${extension}${suffix}`,
  );
}

/**
 * Checks that a name is not the name of a piece of a file that was cut (`model.gguf.part1of2`, `model.gguf-split-a`).
 * Such pieces are a model only after they are joined.
 *
 * @throws RondoError `NOT_A_MODEL`
 */
export function checkIsNoPart(name: string): void {
  const { stem, number, count, letter } = partName.exec(name)?.groups ?? {};
  if (stem === undefined) return;
  const whole = stem.slice(stem.lastIndexOf('/') + 1);
  const pieces =
    letter === undefined ? `${whole}.part1of${count} … ${whole}.part${count}of${count}` : `${whole}-split-*`;
  throw new RondoError(
    'NOT_A_MODEL',
    `The file is ${letter === undefined ? `piece ${number} of ${count}` : `piece "${letter}"`} of a model that was cut up. Get all pieces and join them in their order: cat ${pieces} > ${whole}`,
    { details: { whole } },
  );
}
