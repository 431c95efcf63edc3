import { expect, it } from 'vitest';
import { huggingFace } from './index.ts';

it.each([
  ['hf:owner/repo/model.gguf', 'https://huggingface.co/owner/repo/resolve/main/model.gguf'],
  [
    'hf:owner/re.po-1/a folder/m#1?.gguf',
    'https://huggingface.co/owner/re.po-1/resolve/main/a%20folder/m%231%3F.gguf',
  ],
  ['hf:owner/repo/model.gguf@v1.0', 'https://huggingface.co/owner/repo/resolve/v1.0/model.gguf'],
  ['hf:owner/repo/m@2.gguf@refs/pr/1', 'https://huggingface.co/owner/repo/resolve/refs%2Fpr%2F1/m%402.gguf'],
])('%s is %s', (name, address) => {
  expect(huggingFace(name).href).toBe(address);
});

it('huggingFace takes the endpoint of another hub', () => {
  expect(huggingFace('hf:a/b/c', { endpoint: 'http://127.0.0.1:8080/hub/' }).href).toBe(
    'http://127.0.0.1:8080/hub/a/b/resolve/main/c',
  );
});

it.each(
  ['hf:', 'hf:owner/repo', 'hf:owner/repo/', 'hf:/repo/file', 'hf:../repo/file', 'hf:owner/../file'].concat([
    'hf:owner/repo/../../x',
    'hf:owner/repo/a//b',
    'hf:owner/repo/./a',
    'hf:owner/repo/a@..',
    'hf:own er/repo/a',
    'owner/repo/a',
  ]),
)('refuses %s', (name) => {
  expect(() => huggingFace(name)).toThrowError(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});
