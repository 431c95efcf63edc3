// A source over HTTP: range requests for one content, pinned by what the server calls it.
import { RondoError } from '@rondo/errors';
import type { ByteSource } from './byte-source.ts';
import { systemClock } from './clock.ts';
import { createSource } from './create-source.ts';
import { createReadBuffers } from './http/body-reader.ts';
import { bodyStream, type BodyStream } from './http/body-stream.ts';
import { httpError } from './http/errors.ts';
import { isBearerToken } from './http/bearer-token.ts';
import { checkAnswer, conditionsOf, isStrong, type Pin, type RangeAnswer } from './http/range-answer.ts';
import { createRequester, type Fetch } from './http/requester.ts';
import { supervise } from './http/supervise.ts';
import { parseSha256, sha256OfText } from './sha256.ts';
import { uniqueName } from './unique-name.ts';
import { patienceOf, tryRepeatedly, type RetryOptions } from './try-repeatedly.ts';

/** How a file is read over HTTP. */
export interface HttpOptions extends RetryOptions {
  /** Sent as `Authorization: Bearer …` to the origin of the address, and to no other that redirects lead to. */
  readonly token?: string | undefined;
  /** A request that brings too little for so long is given up and tried again. Default 30,000. */
  readonly idleMs?: number | undefined;
  /** Fewer bytes a second than this, over `idleMs`, are too little. Default 1,000. */
  readonly leastBytesPerSecond?: number | undefined;
  /** Bytes that the first request asks for; they are kept. Default 1 MiB. */
  readonly headBytes?: number | undefined;
  /**
   * Bytes that the request for what follows the head asks for at least, so that a long header takes no more than two
   * requests. They are taken from the connection as they are read; the rest is given up at the first read elsewhere.
   * Default 16 MiB.
   */
  readonly readAheadBytes?: number | undefined;
  /** Default: the platform's. */
  readonly fetch?: Fetch | undefined;
  /** Cancels the opening. */
  readonly signal?: AbortSignal | undefined;
}

/** A source over HTTP, and what its server says of it. */
export interface HttpSource extends ByteSource {
  /** SHA-256 of the whole, in lower case, where the server tells: the Hugging Face hub does, outside of browsers. */
  readonly sha256: string | undefined;
  /** Whether the server names the content, by ETag, time or digest. Where it does not, only a change of size is noticed. */
  readonly pinned: boolean;
}

/** A read that has come so much further may fail as often again. */
const progressBytes = 2 ** 20;

/**
 * Opens a file by its address: one request, which also brings the first bytes.
 *
 * The server must support ranges and send the file as it is, not compressed. Reads that fail are tried again, from where
 * they were. The identity is the digest, the strong ETag or else the address with time and size; where there is nothing
 * of these, no two sources have the same. A content that is another than at opening is never mixed with it.
 *
 * @throws RondoError `READ_FAILED`, `RANGE_MISMATCH` (a server that ignores ranges, or sends others), `SOURCE_CHANGED`,
 * `BAD_ARGUMENT`; the signal's reason. `details.url` never has the query, which may hold secrets.
 */
export async function http(url: string | URL, options: HttpOptions = {}): Promise<HttpSource> {
  const address = checkedAddress(url);
  const name = address.origin + address.pathname;
  const { headBytes = 2 ** 20, readAheadBytes = 2 ** 24, idleMs = 30_000 } = options;
  const { leastBytesPerSecond = 1000 } = options;
  const token = checkedToken(options.token);
  if (!(headBytes >= 1) || !(readAheadBytes >= 0) || !(idleMs > 0) || !(leastBytesPerSecond >= 0)) {
    throw new RondoError(
      'BAD_ARGUMENT',
      'http() takes headBytes and idleMs above 0, readAheadBytes and leastBytesPerSecond from 0 up.',
      {
        details: { headBytes, readAheadBytes, idleMs, leastBytesPerSecond },
      },
    );
  }
  const patience = patienceOf({ ...options, random: options.random ?? Math.random });
  const requester = createRequester(address, name, token, options.fetch ?? globalThis.fetch);
  const leastBytes = Math.max(1, (idleMs * leastBytesPerSecond) / 1000);
  const idle = { idleMs, leastBytes, wait: options.wait ?? systemClock.wait, name };

  const buffers = createReadBuffers();

  /** A body, the request that it belongs to, and what its headers said. */
  interface Download {
    readonly request: AbortController;
    readonly body: BodyStream;
    readonly answer: RangeAnswer;
    readonly linkedETag: string | undefined;
  }

  async function request(
    start: number,
    end: number,
    pin: Pin | undefined,
    signal: AbortSignal,
  ): Promise<Download> {
    const request = new AbortController();
    const quiet = () => 0;
    return supervise(request, signal, idle, quiet, async () => {
      const { response, linkedETag } = await requester.send(start, end, conditionsOf(pin), request.signal);
      try {
        const answer = checkAnswer(response, start, end, pin, name);
        return {
          request,
          answer,
          linkedETag,
          body: bodyStream(response, request, start, answer.end, name, buffers),
        };
      } catch (error) {
        await response.body?.cancel();
        throw error;
      }
    });
  }

  async function fill(target: Uint8Array, { request, body }: Download, signal: AbortSignal): Promise<void> {
    try {
      await supervise(
        request,
        signal,
        idle,
        () => body.position,
        () => body.fill(target),
      );
    } catch (error) {
      request.abort(error);
      throw error;
    }
  }

  async function open(signal: AbortSignal) {
    const first = await request(0, headBytes, undefined, signal);
    const head = new Uint8Array(first.answer.end);
    await fill(head, first, signal);
    return { head, pin: first.answer.pin, sha256: digestOf(first.linkedETag, name) };
  }

  const opening = options.signal ?? new AbortController().signal;
  const { head, pin, sha256 } = await tryRepeatedly(() => open(opening), patience, opening);

  /** What follows the head, while nothing else has been read. */
  let ahead: Download | undefined;

  function takeAhead(position: number): Download | undefined {
    const taken = ahead;
    ahead = undefined;
    if (taken === undefined || taken.body.position === position) return taken;
    taken.request.abort();
    return undefined;
  }

  async function read(target: Uint8Array, offset: number, signal: AbortSignal): Promise<void> {
    const fromHead = head.subarray(offset, offset + target.length);
    target.set(fromHead);
    let done = fromHead.length;

    async function readRest(): Promise<void> {
      while (done < target.length) {
        const start = offset + done;
        const end = offset + target.length;
        const further = start === head.length ? Math.min(pin.size, start + readAheadBytes) : 0;
        const download = takeAhead(start) ?? (await request(start, Math.max(end, further), pin, signal));
        try {
          await fill(target.subarray(done), download, signal);
        } finally {
          done = download.body.position - offset;
        }
        if (download.body.position < download.body.end) {
          ahead?.request.abort();
          ahead = download;
        }
      }
    }
    await tryRepeatedly(readRest, patience, signal, () => Math.floor(done / progressBytes));
  }

  const source = createSource({
    size: pin.size,
    identity: identityOf(address, name, pin, sha256),
    name,
    read,
    async close() {
      ahead?.request.abort();
    },
  });
  return {
    ...source,
    sha256,
    pinned: sha256 !== undefined || pin.etag !== undefined || pin.lastModified !== undefined,
  };
}

function checkedAddress(url: string | URL): URL {
  const address = URL.canParse(url, globalThis.location?.href)
    ? new URL(url, globalThis.location?.href)
    : undefined;
  const problem =
    address === undefined || !/^https?:$/.test(address.protocol)
      ? 'is no http or https address'
      : address.username !== '' || address.password !== ''
        ? 'has a name and password in it; leave them out and give a token'
        : undefined;
  if (address !== undefined && problem === undefined) return address;
  const shown =
    address === undefined
      ? String(url).slice(0, 200)
      : address.protocol + '//' + address.host + address.pathname;
  throw new RondoError('BAD_ARGUMENT', `${shown} ${problem}.`, { details: { url: shown } });
}

/** Checked here, since `fetch` would show the token in its error. */
function checkedToken(token: string | undefined): string | undefined {
  if (token === undefined || isBearerToken(token)) return token;
  throw new RondoError(
    'BAD_ARGUMENT',
    'The token has quotes, spaces, line breaks or other characters that no token has.',
  );
}

/** The hub names large files by their SHA-256 and small ones by the SHA-1 of git, which is of no use here. */
function digestOf(linkedETag: string | undefined, name: string): string | undefined {
  const text = linkedETag?.replace(/^(?:W\/)?"(.*)"$/, '$1') ?? '';
  if (text === '' || /^[0-9a-f]{40}$/.test(text)) return undefined;
  try {
    return parseSha256(text);
  } catch (cause) {
    throw httpError('READ_FAILED', name, 'what the server calls its digest is none.', {
      transient: false,
      cause,
    });
  }
}

function identityOf(address: URL, name: string, pin: Pin, sha256: string | undefined): string {
  if (sha256 !== undefined) return `http:${name}:${pin.size}:sha256:${sha256}`;
  if (isStrong(pin.etag)) return `http:${name}:${pin.size}:${pin.etag}`;
  // The query may choose the content, and nothing else would tell two of one size apart. It may hold secrets as well, and
  // identities are in messages and in files.
  const query = address.search === '' ? '' : `?${sha256OfText(address.search).slice(0, 16)}`;
  if (pin.etag === undefined && pin.lastModified === undefined)
    return `${uniqueName(`http:${name}`)}:${pin.size}`;
  return `http:${name}${query}:${pin.size}:${pin.etag ?? ''}:${pin.lastModified ?? ''}`;
}
