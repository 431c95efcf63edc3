// Writes a table of replacements in SentencePiece's format, for tests. It is simple: 256 units for the children of each
// node.

interface Node {
  readonly children: Map<number, Node>;
  replacement: string | undefined;
}

/** The bytes of `tokenizer.ggml.precompiled_charsmap` for these sequences and their replacements. */
export function characterMapBytes(replacements: Readonly<Record<string, string>>): Uint8Array {
  const root: Node = { children: new Map(), replacement: undefined };
  for (const [sequence, replacement] of Object.entries(replacements)) {
    let node = root;
    for (const byte of Buffer.from(sequence)) {
      const child = node.children.get(byte) ?? { children: new Map(), replacement: undefined };
      node.children.set(byte, child);
      node = child;
    }
    node.replacement = replacement;
  }

  const texts: number[] = [];
  const units: number[] = [];
  /** Places the children of a node at a multiple of 256, and returns that place. */
  const place = (node: Node): number => {
    const base = units.length;
    units.push(...Array.from({ length: 256 }, () => 0));
    if (node.replacement !== undefined) {
      units[base] = 2 ** 31 + texts.length;
      texts.push(...Buffer.from(node.replacement), 0);
    }
    for (const [byte, child] of node.children) {
      const at = base + byte;
      const leaf = child.replacement === undefined ? 0 : 0x100;
      units[at] = ((at ^ place(child)) << 10) | leaf | byte;
    }
    return base;
  };
  // The first unit is the root.
  units.push(...Array.from({ length: 256 }, () => 0));
  units[0] = place(root) << 10;

  const bytes = new Uint8Array(4 + units.length * 4 + texts.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, units.length * 4, true);
  for (const [index, unit] of units.entries()) view.setUint32(4 + index * 4, unit, true);
  bytes.set(texts, 4 + units.length * 4);
  return bytes;
}
