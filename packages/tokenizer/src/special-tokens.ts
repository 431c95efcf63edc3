// Cuts a text at the tokens that are looked for before anything else: those a vocabulary was given by hand
// (user-defined), always; control tokens, only where the caller trusts the text.
import type { TokenTable } from './token-table.ts';
import { tokenType } from './vocabulary.ts';

/** A piece of a text: the id of a token, or text that is still to be encoded. */
export type Fragment = number | string;

interface TrieNode {
  readonly children: Map<number, TrieNode>;
  id: number | undefined;
}

function createTrie(table: TokenTable, ids: readonly number[]): TrieNode {
  const root: TrieNode = { children: new Map(), id: undefined };
  for (const id of ids) {
    const text = table.texts[id] ?? '';
    let node = root;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      let child = node.children.get(unit);
      if (child === undefined) {
        child = { children: new Map(), id: undefined };
        node.children.set(unit, child);
      }
      node = child;
    }
    node.id = id;
  }
  return root;
}

function occurringIds(root: TrieNode, text: string): Set<number> {
  const found = new Set<number>();
  for (let start = 0; start < text.length; start++) {
    let node = root.children.get(text.charCodeAt(start));
    for (let at = start + 1; node !== undefined; at++) {
      if (node.id !== undefined) found.add(node.id);
      if (at >= text.length) break;
      node = node.children.get(text.charCodeAt(at));
    }
  }
  return found;
}

function cutAt(fragments: readonly Fragment[], text: string, id: number): Fragment[] {
  const result: Fragment[] = [];
  for (const fragment of fragments) {
    if (typeof fragment === 'number') {
      result.push(fragment);
      continue;
    }
    let start = 0;
    for (let at = fragment.indexOf(text); at >= 0; at = fragment.indexOf(text, start)) {
      if (at > start) result.push(fragment.slice(start, at));
      result.push(id);
      start = at + text.length;
    }
    if (start < fragment.length) result.push(fragment.slice(start));
  }
  return result;
}

/**
 * A function that cuts texts at special tokens: longer tokens are cut out first, wherever they stand, as llama.cpp does.
 *
 * One pass over the text finds which tokens occur at all, so that the cost hardly depends on how many there are.
 */
export function createSpecialTokenSplitter(
  table: TokenTable,
): (text: string, special: boolean) => readonly Fragment[] {
  const always: number[] = [];
  const trusted: number[] = [];
  const byteLength = new Map<number, number>();
  const utf8 = new TextEncoder();
  for (let id = 0; id < table.size; id++) {
    const type = table.types[id];
    const isUserDefined = type === tokenType.userDefined;
    if (!isUserDefined && type !== tokenType.control && type !== tokenType.unknown) continue;
    byteLength.set(id, utf8.encode(table.texts[id] ?? '').length);
    trusted.push(id);
    if (isUserDefined) always.push(id);
  }
  const alwaysTrie = createTrie(table, always);
  const trustedTrie = createTrie(table, trusted);

  return (text, special) => {
    if (text === '') return [];
    const occurring = [...occurringIds(special ? trustedTrie : alwaysTrie, text)];
    occurring.sort((a, b) => (byteLength.get(b) ?? 0) - (byteLength.get(a) ?? 0) || a - b);
    let fragments: readonly Fragment[] = [text];
    for (const id of occurring) fragments = cutAt(fragments, table.texts[id] ?? '', id);
    return fragments;
  };
}
