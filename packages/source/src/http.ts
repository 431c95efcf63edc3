// A source over HTTP: reads one content by range requests. The content is identified by the facts that the server reports, such
// as an ETag.
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
  /** Sent as `Authorization: Bearer …` to the origin of the address, and to no other origin that redirects lead to. */
  readonly token?: string | undefined;
  /** Milliseconds after which a request that brings too few bytes is given up and tried again. Default 30,000. */
  readonly idleMs?: number | undefined;
  /** The lowest accepted rate, in bytes per second, measured over `idleMs`. Default 1,000. */
  readonly leastBytesPerSecond?: number | undefined;
  /** The number of bytes that the first request asks for. These bytes are kept in memory. Default 1 MiB. */
  readonly headBytes?: number | undefined;
  /**
   * The least number of bytes that the request for the part after the head asks for, so that a long header takes at most
   * two requests. The bytes are taken from the connection as they are read. The first read elsewhere closes the
   * connection. Default 16 MiB.
   */
  readonly readAheadBytes?: number | undefined;
  /** The function that sends requests. Default: the platform's `fetch`. */
  readonly fetch?: Fetch | undefined;
  /** Cancels the opening. */
  readonly signal?: AbortSignal | undefined;
}

/** A source over HTTP, and what its server reports of the content. */
export interface HttpSource extends ByteSource {
  /** SHA-256 of the whole file, in lower case, if the server reports it. The Hugging Face hub does, outside browsers. */
  readonly sha256: string | undefined;
  /** Whether the server identifies the content, by ETag, time or digest. If not, only a change of size is noticed. */
  readonly pinned: boolean;
}

/** After this many bytes of progress, earlier failures of a read no longer count. */
const progressBytes = 2 ** 20;

/**
 * Opens a file by its address: one request, which also brings the first bytes.
 *
 * The server must support ranges and send the file uncompressed. A failed read is tried again, from where it stopped. The
 * identity is the digest, else the strong ETag, else the address with time and size. If the server reports none of these,
 * no two sources have the same identity. Bytes of a changed content are never mixed with bytes of the content at opening.
 *
 * @throws RondoError `READ_FAILED`, `RANGE_MISMATCH` (a server that ignores ranges, or sends other ranges),
 * `SOURCE_CHANGED`, `BAD_ARGUMENT`; the signal's reason. `details.url` never contains the query, which may hold secrets
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

  /** A body, its request, and the facts in its headers. */
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

  /** The download of the bytes after the head. A read at another place ends it. */
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

/** Refuses a bad token here, because the error of `fetch` would show the token. */
function checkedToken(token: string | undefined): string | undefined {
  if (token === undefined || isBearerToken(token)) return token;
  throw new RondoError(
    'BAD_ARGUMENT',
    'The token has quotes, spaces, line breaks or other characters that no token has.',
  );
}

/** The hub identifies large files by their SHA-256, and small files by git's SHA-1, which is useless here. */
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
  // The query may choose the content, and nothing else would distinguish two contents of one size. The identity has a digest of
  // the query, because a query may hold secrets, and identities appear in messages and in files.
  const query = address.search === '' ? '' : `?${sha256OfText(address.search).slice(0, 16)}`;
  if (pin.etag === undefined && pin.lastModified === undefined)
    return `${uniqueName(`http:${name}`)}:${pin.size}`;
  return `http:${name}${query}:${pin.size}:${pin.etag ?? ''}:${pin.lastModified ?? ''}`;
}
