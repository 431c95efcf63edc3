// Checks the status and the headers of an answer to a range request, and whether the content is still the same.
import { quoted, shownName } from '@rondo/errors';
import { httpError } from './errors.ts';

/** The facts about the content, known from the first answer on. */
export interface Pin {
  readonly size: number;
  /** The ETag as sent, with `W/` if the ETag is weak. */
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  /**
   * Whether the first answer was declared a web page. Some servers that know no type for models declare any file a web page.
   */
  readonly isWebPage: boolean;
}

/** An answer that passed the checks. */
export interface RangeAnswer {
  readonly pin: Pin;
  /** Offset after the last byte of the body; may be less than requested. */
  readonly end: number;
}

/** Bytes of the largest file that is accepted: 16 TiB, ten times the largest known model. */
const maxFileBytes = 2 ** 44;

/** The longest wait, in milliseconds, that a server may ask for. After a longer wait the request is not repeated. */
const maxRetryAfterMs = 60_000;

/** Whether an ETag guarantees that every byte is the same. RFC 9110, 8.8.3. */
export function isStrong(etag: string | undefined): etag is string {
  return etag !== undefined && !etag.startsWith('W/');
}

/** Headers that make a server refuse (412) to send other content than the known content. RFC 9110, 13.1. */
export function conditionsOf(pin: Pin | undefined): Headers {
  // In a page, the browser would ask other origins for permission to send these headers, and few origins grant it. In a page,
  // the check of each answer is enough: the headers only save the first bytes of a changed file.
  if (pin === undefined || globalThis.location !== undefined) return new Headers();
  if (isStrong(pin.etag)) return new Headers({ 'If-Match': pin.etag });
  return new Headers(pin.lastModified === undefined ? {} : { 'If-Unmodified-Since': pin.lastModified });
}

/**
 * Checks the answer to a request for the bytes from `start` to before `end`. Does not read the body.
 *
 * @param pin the known facts; undefined for the first answer
 * @throws RondoError `READ_FAILED`, `RANGE_MISMATCH`, `SOURCE_CHANGED`
 */
export function checkAnswer(
  response: Response,
  start: number,
  end: number,
  pin: Pin | undefined,
  name: string,
): RangeAnswer {
  const { status, headers } = response;
  const etag = headers.get('ETag') ?? undefined;
  const lastModified = headers.get('Last-Modified') ?? undefined;
  const type = headers.get('Content-Type') ?? '';
  const isWebPage = /^(text\/html|application\/xhtml\+xml)\b/i.test(type);
  const changed = (how: string) =>
    httpError(
      'SOURCE_CHANGED',
      name,
      `the file on the server is another one now: ${how}. Open it again; a model has to be loaded anew.`,
      {
        status,
        transient: false,
      },
    );
  const mismatch = (problem: string, transient: boolean) =>
    httpError('RANGE_MISMATCH', name, problem, { status, transient });

  if (status === 412) throw changed('its validators do not match any more');
  if (status === 416 && pin !== undefined) throw changed(`it has no bytes ${start} to ${end} any more`);
  const empty = { pin: { size: 0, etag, lastModified, isWebPage }, end: 0 };
  if (status === 416 && headers.get('Content-Range') === 'bytes */0') return empty;
  if (status === 200) {
    if (pin === undefined && headers.get('Content-Length') === '0') return empty;
    if (pin === undefined && isWebPage)
      throw mismatch('that is a web page, not a file. Give the address of the file itself.', false);
  }
  if (pin !== undefined && isWebPage && !pin.isWebPage && (status === 200 || status === 206)) {
    throw mismatch(
      'a web page came in place of the file, as where a network or a server asks to sign in. Open the address in a browser, then try again.',
      false,
    );
  }
  if (status === 200) {
    if (pin !== undefined) {
      const validator = pin.etag === undefined ? lastModified : etag;
      if (validator !== undefined && !sameContent(pin, etag, lastModified))
        throw changed(validators(pin, etag, lastModified));
      // Errors and notices have no validators. Such an answer does not say whether the file has changed.
      if (validator === undefined && headers.get('Content-Length') !== String(pin.size)) {
        const kind = type === '' ? 'without a Content-Type' : `with the Content-Type ${quoted(type)}`;
        throw mismatch(
          `something else came in place of the file: status 200 ${kind}, and neither a validator nor the size of the file. Open the address in a browser to see what it is, then try again.`,
          false,
        );
      }
    }
    throw mismatch(
      'the server sends the whole file where a part was asked for. Download it first, or use a server that supports ranges.',
      false,
    );
  }
  if (status !== 206) throw refused(response, name);

  const encoding = headers.get('Content-Encoding');
  if (encoding !== null && encoding !== 'identity') {
    throw mismatch(
      `the server sends it encoded (${quoted(encoding)}), so its bytes are not the file's.`,
      false,
    );
  }
  const range = headers.get('Content-Range');
  if (range === null) {
    throw mismatch(
      'the answer does not say which bytes it holds (no Content-Range; across origins, the server must list it in Access-Control-Expose-Headers).',
      true,
    );
  }
  const [, first, last, total] = (/^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range) ?? []).map(Number);
  if (
    first !== start ||
    last === undefined ||
    last < start ||
    last >= end ||
    total === undefined ||
    total <= last
  ) {
    throw mismatch(`asked for bytes ${start} to ${end - 1}, the server sends ${quoted(range)}.`, true);
  }
  const size = Number.isNaN(total) ? pin?.size : total;
  if (size === undefined || !Number.isSafeInteger(size)) {
    throw mismatch(`the server does not say how large the file is (${quoted(range)}).`, false);
  }
  if (size > maxFileBytes) {
    throw httpError(
      'LIMIT',
      name,
      `the server says that the file has ${size} bytes, more than the ${maxFileBytes} accepted.`,
      { status, transient: false },
    );
  }
  if (pin !== undefined) {
    if (!sameContent(pin, etag, lastModified)) throw changed(validators(pin, etag, lastModified));
    if (size !== pin.size && isStrong(pin.etag)) {
      throw mismatch(`the file has ${pin.size} bytes, the server says ${quoted(range)}.`, true);
    }
    if (size !== pin.size) throw changed(`its size was ${pin.size} and is ${size}`);
  }
  return { pin: pin ?? { size, etag, lastModified, isWebPage }, end: last + 1 };
}

/** Compares the ETag if the first answer had an ETag, else the time. The caller compares the size. */
function sameContent(pin: Pin, etag: string | undefined, lastModified: string | undefined): boolean {
  return pin.etag === undefined ? pin.lastModified === lastModified : pin.etag === etag;
}

function validators(pin: Pin, etag: string | undefined, lastModified: string | undefined): string {
  const [was, is] = pin.etag === undefined ? [pin.lastModified, lastModified] : [pin.etag, etag];
  return `it was ${was === undefined ? 'undated' : quoted(was)} and is ${is === undefined ? 'without a name' : quoted(is)}`;
}

function refused({ status, statusText, headers }: Response, name: string): Error {
  const answer = `the server answers ${status}${statusText === '' ? '' : ` ${shownName(statusText)}`}`;
  const transient = status === 408 || status === 425 || status === 429 || status >= 500;
  if (!transient) {
    const advice =
      status === 401 || status === 403
        ? 'Give a token that may read it.'
        : status === 404 || status === 410
          ? 'Check the address.'
          : 'It cannot be read in ranges there.';
    return httpError('READ_FAILED', name, `${answer}. ${advice}`, { status, transient });
  }
  const retryAfterMs = retryAfterOf(headers);
  if (retryAfterMs === undefined || retryAfterMs <= maxRetryAfterMs) {
    return httpError('READ_FAILED', name, `${answer}.`, { status, transient, retryAfterMs });
  }
  return httpError(
    'READ_FAILED',
    name,
    `${answer} and asks to come back in ${Math.ceil(retryAfterMs / 1000)} s. Try again then.`,
    { status, transient: false, retryAfterMs },
  );
}

/** The wait of `Retry-After` in milliseconds. A date is compared with the server's own clock. RFC 9110, 10.2.3. */
function retryAfterOf(headers: Headers): number | undefined {
  const text = headers.get('Retry-After') ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = headers.get('Date');
  const waitMs = Date.parse(text) - (date === null ? Date.now() : Date.parse(date));
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
