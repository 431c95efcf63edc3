// Fuzzing of texts: ranges and validators of answers, names of the hub, addresses, hosts, notes. Each text ends in a
// value or a promised error, and makes no more text than 20 times the input and 1 MiB.
import { isRondoError } from '@rondo/errors';
import { fuzz, fuzzEffort, fuzzTimeoutMs } from '@rondo/testkit/fuzz';
import { expect, it } from 'vitest';
import { checkAnswer } from './http/range-answer.ts';
import { isLinkLocalHost, isPrivateHost } from './http/private-address.ts';
import { huggingFace, modelAddress, parseSha256 } from './index.ts';

const text = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);
/** The characters that headers may contain; `fetch` refuses others itself. */
const headerText = (bytes: Uint8Array): string =>
  text(bytes)
    .replaceAll(/[^\t\u0020-\u007e]/g, '')
    .trim();

const pin = { size: 1000, etag: '"a"', lastModified: undefined, isWebPage: false };

const targets: readonly (readonly [
  string,
  (input: Uint8Array) => Promise<unknown>,
  readonly string[],
  readonly string[],
])[] = [
  [
    'the range and the validators of an answer',
    async (input) => {
      const [range = '', etag = '', status = ''] = headerText(input).split('|');
      const headers = { 'Content-Range': range, ETag: etag, 'Retry-After': range, 'Content-Type': etag };
      const statuses = [206, 200, 416, 412, 404, 429, 503];
      const response = new Response(null, {
        status: statuses[status.length % statuses.length] ?? 206,
        headers,
      });
      return checkAnswer(
        response,
        0,
        100,
        status.includes('p') ? pin : undefined,
        'https://example.com/model',
      );
    },
    [
      'bytes 0-99/1000|"a"|',
      'bytes 0-99/*|W/"a"|p',
      `bytes 0-9/${2 ** 53}|text/html|x`,
      '120||xxxxx',
      'bytes */0||xx',
    ],
    ['READ_FAILED', 'RANGE_MISMATCH', 'SOURCE_CHANGED', 'LIMIT'],
  ],
  [
    'names of files on the hub, and addresses',
    async (input) => [
      huggingFace(text(input)).href,
      (await modelAddress(text(input), { HF_TOKEN: 'x' })).url.href,
    ],
    [
      'hf:o/r/m.gguf@main',
      'hf:o/r/a/../m.gguf',
      'https://[::1]/blob/x',
      'hf:o/r/m-00001-of-00002.gguf@refs/pr/1',
    ],
    ['BAD_ARGUMENT'],
  ],
  [
    'the endpoint of the hub',
    async (input) =>
      (await modelAddress('hf:o/r/m.gguf', { HF_ENDPOINT: text(input), HF_TOKEN: 'x' })).url.href,
    ['https://hub.example/', 'hub.example', ' http://x:1/y?z\n'],
    ['BAD_ARGUMENT'],
  ],
  [
    'hosts, and digests',
    async (input) => {
      const { hostname } = new URL(`http://${text(input).replaceAll(/[/?#\\@]/g, '')}/`);
      return [isPrivateHost(hostname), isLinkLocalHost(hostname), parseSha256(text(input))];
    },
    [
      '[fe80::1]',
      '169.254.169.254',
      '[::ffff:a9fe:a9fe]',
      '0x7f.1',
      'a'.repeat(64),
      'metadata.google.internal',
    ],
    ['BAD_ARGUMENT'],
  ],
];

it.each(targets)('%s', { timeout: fuzzTimeoutMs }, async (_, target, seeds, promised) => {
  const encoder = new TextEncoder();
  const { finding, executions } = await fuzz({
    async target(input) {
      try {
        const made = JSON.stringify(await target(input));
        expect(made.length).toBeLessThanOrEqual(20 * input.length + 2 ** 20);
        return 'made';
      } catch (error) {
        if (error instanceof TypeError && 'code' in error && error.code === 'ERR_INVALID_URL')
          return 'no URL';
        if (!isRondoError(error) || !promised.includes(error.code)) throw error;
        const said = JSON.stringify([error.message, error.details]);
        expect(said.length).toBeLessThanOrEqual(20 * input.length + 2 ** 20);
        return error.code;
      }
    },
    seeds: seeds.map((seed) => encoder.encode(seed)),
    covers: '/packages/source/src/',
    effort: fuzzEffort(2000),
    maxBytes: 512,
  });
  expect(finding).toBeUndefined();
  expect(executions).toBeGreaterThan(seeds.length);
});
