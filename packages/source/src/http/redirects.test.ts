// Where redirects lead, and what is sent with redirected requests.
import { describe, expect, it } from 'vitest';
import { type HttpOptions } from '../index.ts';
import { content, server, serve, pathOf, open, readAll } from '../test-support/http-server.ts';

describe('redirects', () => {
  /** A network of names that all lead to this server. It records which name received which request. */
  function world(redirects: Record<string, string>) {
    const asked: { url: string; authorization: string | null }[] = [];
    const fetch: HttpOptions['fetch'] = async (url, init) => {
      asked.push({ url, authorization: new Headers(init.headers).get('authorization') });
      const location = redirects[url];
      if (location !== undefined) return new Response(null, { status: 302, headers: { Location: location } });
      return globalThis.fetch(server.origin + new URL(url).pathname, init);
    };
    return { fetch, asked };
  }

  it('#65 redirects are followed, and later reads go where they led', async () => {
    const path = pathOf(serve());
    const { fetch, asked } = world({
      'https://hub.example/model': `https://cdn.example${path}?signed`,
      [`https://cdn.example${path}?signed`]: `//far.example${path}`,
    });
    const source = await open('https://hub.example/model', { fetch });
    expect(await readAll(source)).toEqual(content);
    expect(asked.map(({ url }) => new URL(url).host)).toEqual([
      'hub.example',
      'cdn.example',
      'far.example',
      'far.example',
    ]);
    expect(source.identity).toContain('hub.example');
    await source.close();
  });

  it.each([
    ['http://169.254.169.254/latest/meta-data', 'https to http'],
    ['https://169.254.169.254/latest/meta-data', 'private'],
    ['https://[::1]/', 'private'],
    ['https://localhost:8080/', 'private'],
    ['https://2130706433/', 'private'],
    ['file:///etc/passwd', 'protocol'],
    ['data:,x', 'protocol'],
    ['https://user@[bad', 'no address'],
  ])('#65 to %s are not', async (target, problem) => {
    const { fetch, asked } = world({ 'https://hub.example/model': target });
    await expect(open('https://hub.example/model', { fetch })).rejects.toMatchObject({
      code: 'READ_FAILED',
      message: expect.stringContaining(problem),
    });
    expect(asked).toHaveLength(1);
  });

  it('#65 redirects between private addresses are followed', async () => {
    const url = serve();
    server.intercept = (request, response) => {
      if (request.url !== '/moved') return false;
      response.writeHead(307, { Location: url }).end();
      return true;
    };
    const source = await open(`${server.origin}/moved`);
    expect(await readAll(source)).toEqual(content);
    await source.close();
  });

  it('redirects in a circle end', async () => {
    const { fetch, asked } = world({ 'https://hub.example/a': '/b', 'https://hub.example/b': '/a' });
    await expect(open('https://hub.example/a', { fetch })).rejects.toMatchObject({ code: 'READ_FAILED' });
    expect(asked.length).toBeLessThan(20);
  });

  it('#66 redirects take the token no further than its origin, and not back either', async () => {
    const path = pathOf(serve());
    const { fetch, asked } = world({
      'https://hub.example/a': '/b',
      'https://hub.example/b': 'https://evil.example/c',
      'https://evil.example/c': `https://hub.example${path}`,
    });
    const source = await open('https://hub.example/a', { fetch, token: 'secret' });
    expect(asked.map(({ authorization }) => authorization)).toEqual([
      'Bearer secret',
      'Bearer secret',
      null,
      null,
    ]);
    await source.close();
  });

  it('#66 a redirect that the browser followed to a private address is refused afterwards', async () => {
    const path = pathOf(serve());
    const follower =
      (end: string): HttpOptions['fetch'] =>
      async (_, init) => {
        if (init.redirect === 'manual') {
          return Object.defineProperty(new Response(), 'type', { value: 'opaqueredirect' });
        }
        const response = await globalThis.fetch(server.origin + path, init);
        return Object.defineProperty(response, 'url', { value: end });
      };
    const source = await open('https://hub.example/a', { fetch: follower('https://cdn.example/a') });
    expect(await readAll(source)).toEqual(content);
    await source.close();
    await expect(
      open('https://hub.example/a', { fetch: follower('https://10.0.0.1/a') }),
    ).rejects.toMatchObject({ code: 'READ_FAILED', message: /private/ });
  });

  it('an expired address is requested again', async () => {
    const path = pathOf(serve());
    let signature = 0;
    const { asked, fetch } = world({});
    const source = await open('https://hub.example/model', {
      fetch: (url, init) => {
        if (url === 'https://hub.example/model') {
          const headers = { Location: `https://cdn.example${path}?${++signature}` };
          return Promise.resolve(new Response(null, { status: 302, headers }));
        }
        if (signature === 1 && asked.length > 0) return Promise.resolve(new Response(null, { status: 403 }));
        return fetch(url, init);
      },
    });
    const several = Array.from({ length: 4 }, () => readAll(source));
    for (const bytes of await Promise.all(several)) expect(bytes).toEqual(content);
    expect(signature).toBeGreaterThanOrEqual(2);
    await source.close();
  });

  it("#72 the hub's digest is used, git's digest is not, and an invalid digest is refused", async () => {
    const path = pathOf(serve());
    const linked =
      (value: string): HttpOptions['fetch'] =>
      async (url, init) =>
        url.startsWith('https://hub.example')
          ? new Response(null, {
              status: 302,
              headers: { Location: `https://cdn.example${path}`, 'X-Linked-ETag': value },
            })
          : globalThis.fetch(server.origin + path, init);
    const opened = (value: string) => open('https://hub.example/model', { fetch: linked(value) });
    expect((await opened(`"${'AB'.repeat(32)}"`)).sha256).toBe('ab'.repeat(32));
    expect((await opened(`"${'ab'.repeat(20)}"`)).sha256).toBeUndefined();
    for (const bad of ['../../x', 'a'.repeat(63), 'a'.repeat(65), `${'a'.repeat(63)}g`]) {
      await expect(opened(`"${bad}"`)).rejects.toMatchObject({ code: 'READ_FAILED' });
    }
  });
});
