// Names at the right ends of lines, instead of a legend. Lines that end together share a label, and labels that would
// overlap move apart.

/** The end of a line. */
export interface LineEnd {
  readonly name: string;
  readonly color: string;
  readonly value: number;
}

/** A label whose middle is at the height `value`. */
export interface EndLabel {
  /** Lines of text. */
  readonly text: readonly string[];
  readonly color: string;
  readonly value: number;
}

/** How labels are placed, in the units of the values. */
export interface LabelRoom {
  /** Lines whose ends are at most this far apart share a label. */
  readonly sameWithin: number;
  /** Height of a line of text. */
  readonly lineHeight: number;
  /** The highest place of a label. */
  readonly highest: number;
}

/** The most names in one line of text. */
const NAMES_IN_LINE = 2;
const SHARED_COLOR = '#444444';

/** Labels of lines, from the lowest to the highest. */
export function endLabels(ends: readonly LineEnd[], room: LabelRoom): EndLabel[] {
  const { sameWithin, lineHeight, highest } = room;
  const groups: LineEnd[][] = [];
  for (const end of ends.toSorted((a, b) => a.value - b.value)) {
    const group = groups.at(-1);
    const first = group?.[0];
    if (group !== undefined && first !== undefined && end.value - first.value <= sameWithin) group.push(end);
    else groups.push([end]);
  }
  const labels = groups.map((group) => {
    const text = linesOf(group.map(({ name }) => name));
    const value = group.reduce((sum, end) => sum + end.value, 0) / group.length;
    const color = group.length === 1 ? (group[0]?.color ?? SHARED_COLOR) : SHARED_COLOR;
    return { text, color, value, half: (text.length * lineHeight) / 2 };
  });
  let floor = -lineHeight;
  for (const label of labels) {
    label.value = Math.max(label.value, floor + label.half);
    floor = label.value + label.half;
  }
  let ceiling = highest;
  for (const label of labels.toReversed()) {
    label.value = Math.min(label.value, ceiling - label.half);
    ceiling = label.value - label.half;
  }
  return labels.map(({ text, color, value }) => ({ text, color, value }));
}

function linesOf(names: readonly string[]): string[] {
  const count = Math.ceil(names.length / NAMES_IN_LINE);
  return Array.from({ length: count }, (_, line) => {
    const text = names.slice(line * NAMES_IN_LINE, (line + 1) * NAMES_IN_LINE).join(', ');
    return line < count - 1 ? `${text},` : text;
  });
}
