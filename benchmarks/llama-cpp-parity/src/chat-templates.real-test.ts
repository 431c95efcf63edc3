// Chat templates beside Python: each template of llama.cpp's folder and of the vocabularies, on ten conversations, rendered by
// jinja2 with the settings of Transformers while the test runs.
import { spawn } from 'node:child_process';
import { existsSync, openAsBlob, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { findString, readGguf } from '@rondo/gguf';
import { blob } from '@rondo/source';
import { compileTemplate } from '@rondo/template';
import { lacks, llamaCppPath, pythonPackagesFolder } from '@rondo/testkit';
import { describe, expect, it } from 'vitest';
import { conversations, variableSets } from './template-conversations.ts';

const script = fileURLToPath(new URL('../../../testkit/python/render_templates.py', import.meta.url));
/** The time of the script. */
const now = () => new Date(2024, 1, 5, 14, 7, 9);
const lacksPython = lacks(
  existsSync(join(pythonPackagesFolder, 'jinja2')),
  `tests need the Python packages in ${pythonPackagesFolder}, which \`pnpm test:real\` installs`,
);

interface Case {
  readonly template: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Templates that refuse tools in the shape of Transformers, and that fail without tools. */
const refused = new Set([
  'CohereForAI-c4ai-command-r-plus-tool_use.jinja',
  'fireworks-ai-llama-3-firefunction-v2.jinja',
]);

/** What Python renders: the text, or the error. */
async function rendered(cases: readonly Case[]): Promise<{ text?: string; error?: string }[]> {
  const child = spawn('python3', [script], {
    env: { ...process.env, PYTHONPATH: pythonPackagesFolder, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(cases));
  return JSON.parse(await textOf(child.stdout)) as { text?: string; error?: string }[];
}

async function templates(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const folder = llamaCppPath('models/templates');
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.jinja')) found.set(name, readFileSync(join(folder, name), 'utf8'));
  }
  for (const name of readdirSync(llamaCppPath('models'))) {
    if (!name.endsWith('.gguf')) continue;
    const gguf = await readGguf(blob(await openAsBlob(llamaCppPath(`models/${name}`))));
    const source = findString(gguf, 'tokenizer.chat_template');
    if (source !== undefined) found.set(name, source);
  }
  return found;
}

function ours({ template, variables }: Case): string | undefined {
  try {
    const { parts } = compileTemplate(template).render(variables, { now });
    return parts.map(({ text }) => text).join('');
  } catch {
    return undefined;
  }
}

describe.skipIf(lacksPython)("templates render as Python's jinja2 renders them", async () => {
  const sources = lacksPython ? new Map<string, string>() : await templates();
  const named = [...sources].flatMap(([name, template]) =>
    Object.entries(variableSets).flatMap(([set, variables]) =>
      Object.entries(conversations).map(([conversation, messages]) => ({
        name,
        conversation: `${conversation}, ${set}`,
        template,
        variables: { ...variables, messages },
      })),
    ),
  );
  // One process renders all: Python takes seconds to load its packages.
  const byPython = lacksPython
    ? []
    : await rendered(named.map(({ template, variables }) => ({ template, variables })));

  it('there are templates and conversations enough', () => {
    expect(sources.size).toBeGreaterThanOrEqual(70);
    expect([...sources.keys()].some((name) => name.endsWith('.gguf'))).toBe(true);
    expect(Object.keys(conversations)).toHaveLength(10);
    expect(byPython).toHaveLength(named.length);
  });

  it.each([...sources.keys()])('%s', (name) => {
    const pairs = named.flatMap((each, index) =>
      each.name === name
        ? [{ conversation: each.conversation, ours: ours(each), python: byPython[index]?.text }]
        : [],
    );
    expect(pairs.filter((pair) => pair.ours !== pair.python)).toEqual([]);
    const isRendered = pairs.some(({ python }) => python !== undefined);
    expect(isRendered).toBe(!refused.has(name));
  });
});
