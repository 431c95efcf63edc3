// Sends requests for byte ranges and follows redirects. What the answers mean, it does not know.
import { unlessAborted } from '../unless-aborted.ts';
import { httpError } from './errors.ts';
import { isLinkLocalHost, isPrivateHost } from './private-address.ts';

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** An answer that is no redirect. */
export interface Answer {
  readonly response: Response;
  /** `X-Linked-ETag` of the address asked for: how the Hugging Face hub names the content it redirects to. */
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
   * Asks for the bytes from `start` to before `end`.
   *
   * @param conditions headers that make sense only where the answers so far came from
   * @throws RondoError `READ_FAILED` when there is no answer, or a redirect that may not be followed; the signal's reason
   */
  send(start: number, end: number, conditions: Headers, signal: AbortSignal): Promise<Answer>;
}

/** Browsers follow 20, curl 30; nobody needs more than a handful. */
const maxRedirects = 10;
const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];
/** What storage services answer when a signed address has run out. */
const expiredStatuses: readonly number[] = [400, 401, 403, 404, 410];

/**
 * A requester for `url`. It remembers where redirects led and asks there directly, until that address expires.
 *
 * The token goes to the origin of `url` only. A redirect from a public to a private address, from https to http or to
 * another protocol is refused. Where redirects cannot be seen, in browsers, the browser follows them and takes the
 * token away itself; where they led is then checked afterwards.
 *
 * @param name what errors call it
 */
export function createRequester(url: URL, name: string, token: string | undefined, fetch: Fetch): Requester {
  let redirect: 'manual' | 'follow' = 'manual';
  /** Where the last good answer came from, and whether the token may go there. */
  let landed: Landing | undefined;

  async function get(address: URL, headers: Headers, signal: AbortSignal): Promise<Response> {
    // What is stored, if anything, is stored by whoever reads; a browser's cache would keep the model once more.
    const answer = fetch(address.href, { headers, redirect, signal, cache: 'no-store' });
    try {
      // `fetch` should end with the signal; that a request ends must not depend on it.
      return await unlessAborted(answer, signal);
    } catch (cause) {
      answer.then((late) => late.body?.cancel()).catch(() => {});
      signal.throwIfAborted();
      const reason = withoutSecrets(cause instanceof Error ? causesOf(cause) : String(cause), address);
      // Without the cause: what `fetch` says may hold the address with all its query.
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
      // With a range, `fetch` asks for the identity encoding of its own accord (Fetch Standard, 4.5).
      headers.set('Range', range);
      // Once it has left its origin, a request does not get the token again, wherever it is sent back to.
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
        // Unless another request has found the new one meanwhile.
        if (landed === direct) landed = undefined;
      }
      return follow({ address: url, mayHaveToken: true }, range, new Headers(), signal);
    },
  };
}

/** Node says `fetch failed` and puts the reason into the cause. */
function causesOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** What `fetch` says, without what only who gave the address may know. */
function withoutSecrets(text: string, { href, search, username, password }: URL): string {
  let shown = text.replaceAll(href, 'the address');
  for (const secret of [search, username, password].filter((part) => part !== ''))
    shown = shown.replaceAll(secret, '…');
  return shown;
}

/** Named when a proxy is set that Node does not use of its own accord. */
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
