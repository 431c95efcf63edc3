// The chat templates of a file.
import { findString, type Gguf } from '@rondo/gguf';
import type { FileTemplates } from '../common/file-templates.ts';

const key = 'tokenizer.chat_template';

/** The template without a name, and the templates by name: `tokenizer.chat_template.tool_use` is `tool_use`. */
export function templatesOf(gguf: Gguf): FileTemplates {
  const named = new Map<string, string>();
  for (const name of gguf.metadata.keys()) {
    if (!name.startsWith(`${key}.`)) continue;
    const source = findString(gguf, name);
    if (source !== undefined) named.set(name.slice(key.length + 1), source);
  }
  return { main: findString(gguf, key), named };
}
