import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hubToken, isAddress, modelAddress } from '../index.ts';

const urlOf = async (name: string, environment: Record<string, string> = {}) =>
  (await modelAddress(name, environment)).url.href;

describe('addresses', () => {
  it.each([
    ['hf:o/r/m.gguf', 'https://huggingface.co/o/r/resolve/main/m.gguf'],
    ['HF:o/r/sub/m.gguf@v1', 'https://huggingface.co/o/r/resolve/v1/sub/m.gguf'],
    ['https://huggingface.co/o/r/blob/main/m.gguf', 'https://huggingface.co/o/r/resolve/main/m.gguf'],
    ['https://hf.co/o/r/blob/v1/sub/m.gguf?x=1', 'https://hf.co/o/r/resolve/v1/sub/m.gguf?x=1'],
    [
      'https://huggingface.co/o/blob/resolve/main/m.gguf',
      'https://huggingface.co/o/blob/resolve/main/m.gguf',
    ],
    ['https://example.com/o/r/blob/main/m.gguf', 'https://example.com/o/r/blob/main/m.gguf'],
  ])('%s', async (name, url) => {
    expect(isAddress(name)).toBe(true);
    expect(await urlOf(name)).toBe(url);
  });

  it('a page about a file on the hub of HF_ENDPOINT leads to the file', async () => {
    const environment = { HF_ENDPOINT: ' https://hub.example/\n' };
    expect(await urlOf('https://hub.example/o/r/blob/main/m.gguf', environment)).toBe(
      'https://hub.example/o/r/resolve/main/m.gguf',
    );
    expect(await urlOf('hf:o/r/m.gguf', environment)).toBe('https://hub.example/o/r/resolve/main/m.gguf');
  });

  it.each(['hub.example', 'hub.example:8080/x', 'ftp://hub.example', '//hub.example'])(
    'HF_ENDPOINT=%s is named as the culprit',
    async (endpoint) => {
      await expect(urlOf('hf:o/r/m.gguf', { HF_ENDPOINT: endpoint })).rejects.toMatchObject({
        code: 'BAD_ARGUMENT',
        message: expect.stringMatching(/HF_ENDPOINT is .*https:\/\//),
      });
    },
  );

  it.each(['m.gguf', 'https://', 'hf:o/m.gguf', 'http://[::1'])(
    '%s is no address, or none of a file',
    async (name) => {
      await expect(modelAddress(name, {})).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
    },
  );
});

describe('the token of the hub', () => {
  let home = '';
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'rondo-home-'));
    await mkdir(join(home, '.cache', 'huggingface'), { recursive: true });
    await mkdir(join(home, 'hf'));
    await writeFile(join(home, '.cache', 'huggingface', 'token'), 'of-the-cache\n');
    await writeFile(join(home, 'hf', 'token'), 'of-the-home\r\n');
    await writeFile(join(home, 'path'), ' of-the-path ');
    await writeFile(join(home, 'empty'), '\n');
  });
  afterEach(() => rm(home, { recursive: true }));

  it("the hub's token is the token of the first of five places, without blanks and line breaks", async () => {
    const all = {
      HF_TOKEN: ' first\n',
      HUGGING_FACE_HUB_TOKEN: 'second\r\n',
      HF_TOKEN_PATH: join(home, 'path'),
      HF_HOME: join(home, 'hf'),
    };
    const found: (string | undefined)[] = [await hubToken(all, home)];
    const left: Record<string, string> = { ...all };
    for (const name of Object.keys(all)) {
      left[name] = name === 'HF_TOKEN' ? ' \n' : '';
      found.push(await hubToken(left, home));
    }
    expect(found).toEqual(['first', 'second', 'of-the-path', 'of-the-home', 'of-the-cache']);
    expect(
      await hubToken({ HF_TOKEN_PATH: join(home, 'none'), HF_HOME: join(home, 'none') }, '/none'),
    ).toBeUndefined();
    expect(await hubToken({ HF_TOKEN_PATH: join(home, 'empty') }, '/none')).toBeUndefined();
  });

  it.each([
    ['quotes', '"hf_abc"'],
    ['single quotes', "'hf_abc'"],
    ['a blank in it', 'hf_a bc'],
    ['a name in front', 'Bearer hf_abc'],
    ['a byte order mark in it', 'hf_\ufeffabc'],
    ['a character that is no ASCII', 'hf_äbc'],
    ['a control character', 'hf_\u0007abc'],
    ['UTF-16', Buffer.from('\ufeffhf_abc', 'utf16le').toString('utf8')],
  ])(
    'a token with %s is refused with the place that it comes from, but without the token',
    async (_, token) => {
      const file = join(home, 'bad');
      await writeFile(file, token);
      for (const [place, environment] of [
        ['HF_TOKEN', { HF_TOKEN: token }],
        ['HUGGING_FACE_HUB_TOKEN', { HUGGING_FACE_HUB_TOKEN: token }],
        [file, { HF_TOKEN_PATH: file }],
      ] as const) {
        const error: unknown = await hubToken(environment, home).catch((reason: unknown) => reason);
        expect(error).toMatchObject({ code: 'BAD_ARGUMENT', details: { place } });
        expect(String(error)).toContain(`The token in ${place} has quotes, blanks`);
        expect(String(error)).not.toMatch(/abc/);
      }
    },
  );

  it.each([
    '\ufeffof-a-note\r\n',
    '\n\nof-a-note\n\n',
    'of-a\n-note',
    '\tof-a-note\u00a0',
    'of-a\r\n-note\r\n',
  ])('a token is cleaned of blanks and marks that editors add: %j', async (text) => {
    await writeFile(join(home, 'path'), text);
    expect(await hubToken({ HF_TOKEN_PATH: join(home, 'path') }, home)).toBe('of-a-note');
    expect(await hubToken({ HF_TOKEN: text }, home)).toBe('of-a-note');
  });

  it('a folder in place of the file HF_TOKEN_PATH is an error; in place of other token files it is ignored', async () => {
    await expect(hubToken({ HF_TOKEN_PATH: join(home, 'hf') }, home)).rejects.toMatchObject({
      code: 'READ_FAILED',
      message: expect.stringMatching(/^HF_TOKEN_PATH is .*hf, which cannot be read: EISDIR/),
    });
    await mkdir(join(home, 'folders', 'token'), { recursive: true });
    expect(await hubToken({ HF_HOME: join(home, 'folders') }, home)).toBe('of-the-cache');
    expect(await hubToken({ HF_TOKEN_PATH: join(home, 'empty', 'below-a-file') }, home)).toBe('of-the-cache');
  });

  it("the hub's token goes to hf: names, and to no address", async () => {
    const environment = { HF_TOKEN: 'secret' };
    expect(await modelAddress('hf:o/r/m.gguf', environment)).toMatchObject({
      token: 'secret',
      isHubName: true,
    });
    expect(await modelAddress('https://huggingface.co/o/r/resolve/main/m.gguf', environment)).toMatchObject({
      token: undefined,
      isHubName: false,
    });
  });
});
