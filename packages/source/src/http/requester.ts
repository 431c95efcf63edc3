// Sends requests for byte ranges and follows redirects. The answers are not interpreted here.
import { unlessAborted } from '../unless-aborted.ts';
import { httpError } from './errors.ts';
import { isLinkLocalHost, isPrivateHost } from './private-address.ts';

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** An answer that is no redirect. */
export interface Answer {
  readonly response: Response;
  /** `X-Linked-ETag` of the requested address: the hub's digest of the content to which it redirects. */
  readonly linkedETag: string | undefined;
}

/** Where redirects lead. */
interface Landing {
  readonly address: URL;
  /** Whether no redirect on the way led to another origin. */
  readonly mayHaveToken: boolean;
}

/** Sends requests to one address. */
export interface Requester {
  /**
   * Requests the bytes from `start` to before `end`.
   *
   * @param conditions headers for the address that gave the earlier answers; other addresses do not get these headers
   * @throws RondoError `READ_FAILED` if there is no answer, or a redirect that may not be followed; the signal's reason
   */
  send(start: number, end: number, conditions: Headers, signal: AbortSignal): Promise<Answer>;
}

/** Browsers follow 20 redirects, curl follows 30; a handful is enough. */
const maxRedirects = 10;
const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];
/** The statuses that storage services answer for an expired signed address. */
const expiredStatuses: readonly number[] = [400, 401, 403, 404, 410];

/**
 * A requester for `url`. The requester remembers where redirects led, and sends later requests to that address until the
 * address expires.
 *
 * The token goes to the origin of `url` only. A redirect from a public to a private address, from https to http, or to another
 * protocol is refused. In browsers redirects are invisible: the browser itself follows redirects and removes the token. The
 * final address is checked afterwards.
 *
 * @param name the requester's name in errors
 */
export function createRequester(url: URL, name: string, token: string | undefined, fetch: Fetch): Requester {
  let redirect: 'manual' | 'follow' = 'manual';
  /** The address of the last good answer, and whether the token may go there. */
  let landed: Landing | undefined;

  async function get(address: URL, headers: Headers, signal: AbortSignal): Promise<Response> {
    // No browser cache: it would keep the model a second time, beside the store of the caller.
    const answer = fetch(address.href, { headers, redirect, signal, cache: 'no-store' });
    try {
      // `fetch` should end with the signal, but the end of a request must not depend on that.
      return await unlessAborted(answer, signal);
    } catch (cause) {
      answer.then((late) => late.body?.cancel()).catch(() => {});
      signal.throwIfAborted();
      const reason = withoutSecrets(cause instanceof Error ? causesOf(cause) : String(cause), address);
      // Without the cause: the error of `fetch` may contain the address with its query.
      throw httpError(
        'READ_FAILED',
        name,
        `no answer from ${address.host}: ${reason}.${proxyAdvice(address)}`,
        { transient: true },
      );
    }
  }

  function checkRedirect(from: URL, to: URL): void {
    const problem =
      to.protocol !== 'https:' && to.protocol !== 'http:'
        ? `to the protocol ${to.protocol}`
        : from.protocol === 'https:' && to.protocol === 'http:'
          ? `from https to http, at ${to.host},`
          : to.username !== '' || to.password !== ''
            ? `to ${to.host} with a name and password in it`
            : isLinkLocalHost(to.hostname) && to.host !== url.host
              ? `to the private, link-local address ${to.host}`
              : isPrivateHost(to.hostname) && !isPrivateHost(url.hostname)
                ? `to the private address ${to.host}`
                : undefined;
    if (problem === undefined) return;
    throw httpError(
      'READ_FAILED',
      name,
      `a redirect ${problem} is not followed. Give that address itself if you trust it.`,
      { transient: false },
    );
  }

  async function follow(
    first: Landing,
    range: string,
    conditions: Headers,
    signal: AbortSignal,
  ): Promise<Answer> {
    let { address, mayHaveToken } = first;
    let linkedETag: string | undefined;
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const headers = new Headers(redirects === 0 ? conditions : undefined);
      // With a range, `fetch` itself asks for the identity encoding (Fetch Standard, 4.5).
      headers.set('Range', range);
      // A request that has left its origin does not get the token again, wherever redirects lead.
      mayHaveToken &&= address.origin === url.origin;
      if (mayHaveToken && token !== undefined) headers.set('Authorization', `Bearer ${token}`);
      let response = await get(address, headers, signal);
      if (response.type === 'opaqueredirect') {
        redirect = 'follow';
        response = await get(address, headers, signal);
      }
      if (mayHaveToken) linkedETag ??= response.headers.get('X-Linked-ETag') ?? undefined;
      const target = response.headers.get('Location');
      if (!redirectStatuses.includes(response.status) || target === null) {
        if (redirect === 'follow' && response.url !== '') {
          const final = new URL(response.url);
          await cancelOnError(response, () => checkRedirect(address, final));
          address = final;
        }
        if (response.status < 400) landed = { address, mayHaveToken };
        return { response, linkedETag };
      }
      await cancelOnError(response, () => {
        if (!URL.canParse(target, address))
          throw httpError('READ_FAILED', name, 'a redirect to no address.', { transient: false });
        const next = new URL(target, address);
        checkRedirect(address, next);
        address = next;
      });
      await response.body?.cancel();
    }
    throw httpError('READ_FAILED', name, `more than ${maxRedirects} redirects.`, { transient: false });
  }

  return {
    async send(start, end, conditions, signal) {
      const range = `bytes=${start}-${end - 1}`;
      const direct = landed;
      if (direct !== undefined) {
        const answer = await follow(direct, range, conditions, signal);
        if (direct.address.href === url.href || !expiredStatuses.includes(answer.response.status))
          return answer;
        await answer.response.body?.cancel();
        // Another request may have found the new address meanwhile: that address stays.
        if (landed === direct) landed = undefined;
      }
      return follow({ address: url, mayHaveToken: true }, range, new Headers(), signal);
    },
  };
}

/** Node's message is `fetch failed`; the reason is in the cause. */
function causesOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** The message of `fetch`, without the secrets of the address. */
function withoutSecrets(text: string, { href, search, username, password }: URL): string {
  let shown = text.replaceAll(href, 'the address');
  for (const secret of [search, username, password].filter((part) => part !== ''))
    shown = shown.replaceAll(secret, '…');
  return shown;
}

/** Advice if the environment names a proxy, which Node does not use by default; empty otherwise. */
function proxyAdvice({ protocol }: URL): string {
  const environment = globalThis.process?.env ?? {};
  const names = [`${protocol.slice(0, -1)}_proxy`, 'all_proxy'];
  const found = names.flatMap((name) => [name, name.toUpperCase()]).find((name) => environment[name]);
  if (found === undefined || environment['NODE_USE_ENV_PROXY'] === '1') return '';
  return ` ${found} is set, and Node uses it only with NODE_USE_ENV_PROXY=1.`;
}

async function cancelOnError(response: Response, check: () => void): Promise<void> {
  try {
    check();
  } catch (error) {
    await response.body?.cancel();
    throw error;
  }
}
