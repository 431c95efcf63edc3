// The example of the README, as it stands there.
import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import * as grammar from './index.ts';

it('the example prints what its comment says', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n(?<code>[\s\S]*?)```/.exec(readme)?.groups?.['code'] ?? '';
  const [, comment] = /console\.log\(text\); \/\/ (.*)/.exec(example) ?? [];
  const imported =
    /import \{(?<names>[^}]*)\} from '@rondo\/grammar';/.exec(example)?.groups?.['names'] ?? '';
  const names = imported.split(',').map((name) => name.trim());
  const log = vi.fn<(text: string) => void>();
  const body = example.replace(/import [^;]*;/, '');
  // The example has no types, so it is JavaScript.
  const run = new Function(...names, 'console', body) as (...values: unknown[]) => void;
  const exported = new Map<string, unknown>(Object.entries(grammar));
  run(...names.map((name) => exported.get(name)), { log });
  expect(comment).toBe('{"name": "Ada"}');
  expect(log.mock.calls).toEqual([[comment]]);
});
