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

  it('a page of the hub that HF_ENDPOINT names leads to the file, too', async () => {
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

  it('is the first of five places that has one, without blanks and line breaks', async () => {
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

  it('goes to hf: names, and to no address', async () => {
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
