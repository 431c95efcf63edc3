// The requirements for every `ByteSource`, as data for any test runner: a case throws when the source fails the case. The
// cases of `ChunkStore` are in the folder of the stores.
import { isRondoError } from '@rondo/errors';
import type { RondoErrorCode } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';

export { chunkStoreConformance } from './stores/conformance.ts';
export type { ChunkStoreCase } from './stores/conformance.ts';

/** Makes a source over a copy of the given bytes; sources of different bytes have different identities. */
export type MakeSource = (bytes: Uint8Array) => Promise<ByteSource>;

/** One requirement. */
export interface SourceCase {
  readonly name: string;
  /** @throws Error when a source that `make` returns does not meet the requirement */
  run(make: MakeSource): Promise<void>;
}

const page = 4096;
/** Several pages and an incomplete page, so that direct reads have a head, a body and a tail. */
const contentBytes = 5 * page + 1234;

/** The requirements of `ByteSource`. Each case makes its own sources and closes them. */
export const sourceConformance: readonly SourceCase[] = [
  {
    name: 'says its size, an alignment that is a power of two, and a name',
    run: (make) =>
      withSource(make, async (source) => {
        check(source.size === contentBytes, `size is ${source.size}, not ${contentBytes}`);
        check(
          source.alignment >= 1 && Number.isInteger(Math.log2(source.alignment)),
          `alignment ${source.alignment}`,
        );
        check(source.identity.length > 0, 'identity is empty');
      }),
  },
  {
    name: 'another content has another identity',
    async run(make) {
      const sources = [
        await make(pattern(100)),
        await make(pattern(100).toReversed()),
        await make(pattern(101)),
      ];
      try {
        check(new Set(sources.map((source) => source.identity)).size === 3, 'two contents share an identity');
      } finally {
        await Promise.all(sources.map((source) => source.close()));
      }
    },
  },
  {
    name: 'reads any range into any place, and writes nowhere else',
    run: (make) =>
      withSource(make, async (source, content) => {
        const buffer = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer);
        const edges = [0, 1, page - 1, page, page + 1, 3 * page, contentBytes - 1, contentBytes];
        for (const start of edges) {
          for (const end of edges.filter((edge) => edge >= start)) {
            for (const address of [0, start % page, 77]) {
              await readAndCheck(source, content, buffer, address, start, end);
            }
          }
        }
      }),
  },
  {
    name: 'reads into shared memory',
    run: (make) =>
      withSource(make, async (source, content) => {
        const wasm = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
        await readAndCheck(source, content, new Uint8Array(wasm.buffer), page, 0, contentBytes);
        const plain = new Uint8Array(new SharedArrayBuffer(contentBytes + 100));
        await readAndCheck(source, content, plain, 50, 10, contentBytes - 10);
      }),
  },
  {
    name: 'refuses ranges that are not inside it, before writing anything',
    run: (make) =>
      withSource(make, async (source) => {
        const target = new Uint8Array(16).fill(0xaa);
        for (const offset of [-1, 0.5, NaN, Infinity, contentBytes - 15, contentBytes, 2 ** 53]) {
          await rejects(source.readInto(target, offset), 'OUT_OF_RANGE', `offset ${offset}`);
        }
        await rejects(
          source.readInto(new Uint8Array(0), contentBytes + 1),
          'OUT_OF_RANGE',
          'nothing, past the end',
        );
        check(
          target.every((byte) => byte === 0xaa),
          'a refused read wrote to its target',
        );
      }),
  },
  {
    name: 'an empty source can be read: nothing, at 0',
    async run(make) {
      const source = await make(new Uint8Array(0));
      try {
        check(source.size === 0, `size is ${source.size}`);
        await source.readInto(new Uint8Array(0), 0);
        await rejects(source.readInto(new Uint8Array(1), 0), 'OUT_OF_RANGE', 'one byte of nothing');
      } finally {
        await source.close();
      }
    },
  },
  {
    name: 'reads run concurrently without mixing',
    run: (make) =>
      withSource(make, async (source, content) => {
        await Promise.all(
          Array.from({ length: 32 }, (_, i) => {
            const start = (i * 619) % (contentBytes / 2);
            return readAndCheck(
              source,
              content,
              new Uint8Array(contentBytes),
              i,
              start,
              start + page + i * 100,
            );
          }),
        );
      }),
  },
  {
    name: 'an aborted signal rejects with its reason and writes nothing',
    run: (make) =>
      withSource(make, async (source) => {
        const reason = new Error('enough');
        const target = new Uint8Array(page).fill(0xaa);
        const error = await failureOf(source.readInto(target, 0, { signal: AbortSignal.abort(reason) }));
        check(error === reason, `rejected with ${String(error)}`);
        check(
          target.every((byte) => byte === 0xaa),
          'an aborted read wrote to its target',
        );
      }),
  },
  {
    name: 'an abort in mid-read rejects with the reason or comes too late, and the source goes on',
    run: (make) =>
      withSource(make, async (source, content) => {
        const reason = new Error('enough');
        const abort = new AbortController();
        const reading = failureOf(source.readInto(new Uint8Array(contentBytes), 0, { signal: abort.signal }));
        abort.abort(reason);
        const error = await reading;
        check(error === undefined || error === reason, `rejected with ${String(error)}`);
        await readAndCheck(source, content, new Uint8Array(contentBytes), 0, 0, contentBytes);
      }),
  },
  {
    name: 'an aborted read writes nothing any more once it has rejected, and the reads beside it end whole',
    run: (make) =>
      withSource(make, async (source, content) => {
        const abort = new AbortController();
        const aborted = new Uint8Array(contentBytes);
        const others = Array.from({ length: 4 }, () => new Uint8Array(contentBytes));
        const readings = others.map((other) => source.readInto(other, 0));
        const reading = failureOf(source.readInto(aborted, 0, { signal: abort.signal }));
        await Promise.resolve();
        abort.abort(new Error('enough'));
        if ((await reading) !== undefined) {
          aborted.fill(0xaa);
          await Promise.all(readings);
          await new Promise((resolve) => setTimeout(resolve, 10));
          check(
            aborted.every((byte) => byte === 0xaa),
            'the target was written to after its read had rejected',
          );
        }
        await Promise.all(readings);
        check(
          others.every((other) => same(other, content)),
          'a read beside the aborted one got other bytes',
        );
      }),
  },
  {
    name: 'reads piece after piece, forwards and backwards, give the whole',
    run: (make) =>
      withSource(make, async (source, content) => {
        for (const pieceBytes of [1000, page]) {
          const starts = Array.from(
            { length: Math.ceil(contentBytes / pieceBytes) },
            (_, i) => i * pieceBytes,
          );
          for (const order of [starts, starts.toReversed()]) {
            const whole = new Uint8Array(contentBytes);
            for (const start of order) {
              await source.readInto(whole.subarray(start, start + pieceBytes), start);
            }
            check(same(whole, content), `pieces of ${pieceBytes} bytes do not make up the whole`);
          }
        }
      }),
  },
  {
    name: 'close is idempotent, and reads after it reject with CLOSED',
    async run(make) {
      const source = await make(pattern(100));
      await Promise.all([source.close(), source.close()]);
      await source.close();
      await rejects(source.readInto(new Uint8Array(1), 0), 'CLOSED', 'a read after close');
    },
  },
  {
    name: 'close waits for the reads in flight, which end whole or with CLOSED',
    async run(make) {
      const content = pattern(contentBytes);
      const source = await make(content);
      let settled = 0;
      const reads = Array.from({ length: 8 }, async () => {
        const target = new Uint8Array(contentBytes);
        const error = await failureOf(source.readInto(target, 0));
        settled++;
        check(
          error === undefined ? same(target, content) : isRondo(error, 'CLOSED'),
          `ended with ${String(error)}`,
        );
      });
      await source.close();
      await Promise.resolve();
      const settledAtClose = settled;
      await Promise.all(reads);
      check(settledAtClose === 8, `${8 - settledAtClose} reads were still in flight after close`);
    },
  },
];

async function withSource(make: MakeSource, use: (source: ByteSource, content: Uint8Array) => Promise<void>) {
  const content = pattern(contentBytes);
  const source = await make(content.slice());
  try {
    await use(source, content);
  } finally {
    await source.close();
  }
}

/** Reads `start` to `end` to `address` of `buffer`. Checks the bytes, and that the bytes around them are unchanged. */
async function readAndCheck(
  source: ByteSource,
  content: Uint8Array,
  buffer: Uint8Array,
  address: number,
  start: number,
  end: number,
): Promise<void> {
  buffer.fill(0xaa);
  await source.readInto(buffer.subarray(address, address + end - start), start);
  const expected = new Uint8Array(buffer.length).fill(0xaa);
  expected.set(content.subarray(start, end), address);
  check(same(buffer, expected), `bytes ${start} to ${end}, read to address ${address}, are wrong`);
}

/** Bytes that differ between neighbours and between pages. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >>> 8) * 7) & 0xff);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function isRondo(error: unknown, code: RondoErrorCode): boolean {
  return isRondoError(error) && error.code === code;
}

async function failureOf(promise: Promise<void>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

async function rejects(promise: Promise<void>, code: RondoErrorCode, what: string): Promise<void> {
  const error = await failureOf(promise);
  check(isRondo(error, code), `${what}: expected ${code}, got ${String(error)}`);
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
