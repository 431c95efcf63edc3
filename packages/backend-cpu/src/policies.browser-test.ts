// 33: a forbidding page policy causes a slower run with a warning that names the policy, or UNSUPPORTED that names it.
import { afterEach, describe, expect, it } from 'vitest';
import type { HostAnswer } from './test-support/page-host.ts';

const hostUrl = new URL('test-support/page-host.ts', import.meta.url);

function hostAsked(threads: string): string {
  const url = new URL(hostUrl);
  url.searchParams.set('threads', threads);
  return url.href;
}

afterEach(async () => {
  for (const frame of document.querySelectorAll('iframe')) frame.remove();
  for (const registration of await navigator.serviceWorker.getRegistrations())
    await registration.unregister();
});

/** The host's answer in a frame with a policy. */
function inFrame(policy: string, threads: string): Promise<HostAnswer> {
  const frame = document.createElement('iframe');
  const answered = new Promise<HostAnswer>((resolve) => {
    addEventListener('message', function listen({ source, data }) {
      if (source !== frame.contentWindow) return;
      removeEventListener('message', listen);
      resolve(data as HostAnswer);
    });
  });
  frame.srcdoc = `<meta http-equiv="Content-Security-Policy" content="${policy}"><script type="module" src="${hostAsked(threads)}"></script>`;
  document.body.append(frame);
  return answered;
}

/** The host's answer in a service worker. */
async function inServiceWorker(threads: string): Promise<HostAnswer> {
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register(hostAsked(threads), { type: 'module' });
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  if (!worker) throw new Error('There is no service worker.');
  const answered = new Promise<HostAnswer>((resolve) => {
    serviceWorker.addEventListener('message', ({ data }) => resolve(data as HostAnswer), { once: true });
  });
  serviceWorker.startMessages();
  worker.postMessage('compute');
  return answered;
}

const doubled = [2, 4, 6, 8];
const scripts = "script-src 'self' 'wasm-unsafe-eval'";

describe('a page without a policy', () => {
  it('has threads, and no warnings', async () => {
    expect(await inFrame('', 'auto')).toMatchObject({
      values: doubled,
      description: expect.stringContaining('threads'),
      warnings: [],
    });
  });
});

describe.each([
  ['worker-src without blob:', `${scripts}; worker-src 'self'`, /worker-src/],
  ['no worker-src, and script-src without blob:', scripts, /worker-src/],
  ['child-src alone', `${scripts}; child-src 'self'`, /worker-src/],
  ['default-src alone', "default-src 'self' 'wasm-unsafe-eval'", /worker-src/],
  ['Trusted Types', "require-trusted-types-for 'script'", /Trusted Types/],
  [
    "Trusted Types of no policy's making",
    "require-trusted-types-for 'script'; trusted-types 'none'",
    /Trusted Types/,
  ],
])('a page whose Content-Security-Policy forbids threads: %s', (_, policy, name) => {
  it("computes on the caller's thread where nobody asked for threads, and warns with the policy's name", async () => {
    const answer = await inFrame(policy, 'auto');
    expect(answer).toMatchObject({
      values: doubled,
      description: expect.stringContaining("the caller's thread"),
    });
    expect(answer.warnings).toEqual([
      expect.objectContaining({ code: 'NO_THREADS', message: expect.stringMatching(name) }),
    ]);
  });

  it("refuses a number of threads with the policy's name", async () => {
    const answer = await inFrame(policy, '2');
    expect(answer).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringMatching(name) });
    expect(answer.message).toContain('Content-Security-Policy');
  });

  it('computes without a warning where no threads are asked for', async () => {
    expect(await inFrame(policy, '0')).toMatchObject({ values: doubled, warnings: [] });
  });
});

describe.each(["script-src 'self'", "script-src 'self' blob:; worker-src blob:", "default-src 'self'"])(
  "a page whose Content-Security-Policy has no 'wasm-unsafe-eval': %s",
  (policy) => {
    it.each(['auto', '0', '2'])('refuses with the name of the policy, threads: %s', async (threads) => {
      const { code, message } = await inFrame(policy, threads);
      expect(code).toBe('UNSUPPORTED');
      expect(message).toContain("'wasm-unsafe-eval'");
      expect(message).not.toContain('SIMD');
    });
  },
);

describe('a service worker', () => {
  it.each(['auto', '0'])(
    'that may not import() refuses by naming that, not SIMD, threads: %s',
    async (threads) => {
      const { code, message } = await inServiceWorker(threads);
      expect(code).toBe('UNSUPPORTED');
      expect(message).toContain('service worker');
      expect(message).toContain('import()');
      expect(message).not.toContain('SIMD');
    },
  );
});
