// Whether a name is used anywhere in a piece of syntax.
import type { Body, Expression } from './nodes.ts';

/** Walks the syntax without recursion, because chains of operators can be long. */
export function usesName(body: Body | readonly Expression[], name: string): boolean {
  const open: unknown[] = [body];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== 'object' || node === null) continue;
    if ('kind' in node) {
      if (node.kind === 'constant' || node.kind === 'text') continue;
      if (node.kind === 'name' && 'name' in node && node.name === name) return true;
    }
    for (const child of Object.values(node)) open.push(child);
  }
  return false;
}
