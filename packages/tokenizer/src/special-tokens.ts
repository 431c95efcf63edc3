// Cuts a text at tokens that are found before all others: user-defined tokens always, and control tokens only if the
// caller trusts the text.
import type { TokenTable } from './token-table.ts';
import { tokenType } from './vocabulary.ts';

/** A piece of a text: the id of a token, or text that is still to be encoded. */
export type Fragment = number | string;

/**
 * A node of a tree of texts. A text without branches is one node, so that a long token costs no more than a short token.
 */
interface TextNode {
  /** The text on the way from the parent to this node. */
  readonly label: string;
  /** The children by the first code unit of their label; undefined if there are none. */
  children: Map<number, TextNode> | undefined;
  id: number | undefined;
}

function createTree(table: TokenTable, ids: readonly number[]): TextNode {
  const root: TextNode = { label: '', children: undefined, id: undefined };
  for (const id of ids) insert(root, table.texts[id] ?? '', id);
  return root;
}

function insert(root: TextNode, text: string, id: number): void {
  let node = root;
  for (let at = 0; at < text.length;) {
    const child = node.children?.get(text.charCodeAt(at));
    if (child === undefined) {
      addChild(node, { label: text.slice(at), children: undefined, id });
      return;
    }
    const common = commonLength(child.label, text, at);
    let next = child;
    if (common < child.label.length) {
      next = { label: child.label.slice(0, common), children: undefined, id: undefined };
      addChild(next, { ...child, label: child.label.slice(common) });
      addChild(node, next);
    }
    node = next;
    at += common;
  }
  node.id = id;
}

function addChild(node: TextNode, child: TextNode): void {
  node.children ??= new Map();
  node.children.set(child.label.charCodeAt(0), child);
}

/** The length of the prefix of `label` that stands in `text` at `at`. */
function commonLength(label: string, text: string, at: number): number {
  let length = 0;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(at + length)) length++;
  return length;
}

function occurringIds(root: TextNode, text: string): Set<number> {
  const found = new Set<number>();
  for (let start = 0; start < text.length; start++) {
    let node = root.children?.get(text.charCodeAt(start));
    for (let at = start; node !== undefined && text.startsWith(node.label, at);) {
      if (node.id !== undefined) found.add(node.id);
      at += node.label.length;
      node = at < text.length ? node.children?.get(text.charCodeAt(at)) : undefined;
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
 * A function that cuts texts at special tokens. Longer tokens are cut out first, wherever they stand, as in llama.cpp.
 *
 * One pass over the text finds which tokens occur at all, so the cost hardly depends on the number of tokens.
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
  const alwaysTree = createTree(table, always);
  const trustedTree = createTree(table, trusted);

  return (text, special) => {
    if (text === '') return [];
    const occurring = [...occurringIds(special ? trustedTree : alwaysTree, text)];
    occurring.sort((a, b) => (byteLength.get(b) ?? 0) - (byteLength.get(a) ?? 0) || a - b);
    let fragments: readonly Fragment[] = [text];
    for (const id of occurring) fragments = cutAt(fragments, table.texts[id] ?? '', id);
    return fragments;
  };
}
