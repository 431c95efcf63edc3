// Pads texts to a width.
import { countCharacters } from './characters.ts';
import type { Run } from './run.ts';
import { chargeCopy, createBuilder, type Text } from './text.ts';

/** The position of the text in its field. */
export type Alignment = '<' | '>' | '^' | 'center';

/** The text in a field of `width` characters, padded with `fill`. */
export function padText(run: Run, of: Text, width: number, alignment: Alignment, fill: Text): Text {
  run.budget.scan(of.value.length);
  const missing = width - countCharacters(of.value);
  if (missing <= 0) return of;
  run.budget.copy(missing * fill.value.length);
  chargeCopy(run.budget, of);
  // `str.center` puts an odd character on the left if the width is odd; a format puts it on the right.
  const half = Math.floor(missing / 2) + (alignment === 'center' ? missing & width & 1 : 0);
  const left = alignment === '<' ? 0 : alignment === '>' ? missing : half;
  const builder = createBuilder();
  const source = fill.ranges[2];
  builder.add(fill.value.repeat(left), source);
  builder.addText(of);
  builder.add(fill.value.repeat(missing - left), source);
  return builder.finish();
}
