// String methods that pad to a width.
import { countCharacters } from '../characters.ts';
import { failed } from '../errors.ts';
import { padText, type Alignment } from '../pad.ts';
import { createBuilder, text, type Text } from '../text.ts';
import { expectSize, expectText } from '../values.ts';
import type { Run } from '../run.ts';
import type { TextMethod } from './text-method.ts';

const padding = (alignment: Alignment): TextMethod => ({
  parameters: ['width', 'fillchar'],
  required: 1,
  call(run, of, [width = null, fill = text(' ')]) {
    const character = expectText(fill, 'the fill character');
    if (countCharacters(character.value) !== 1)
      throw failed('the fill character must be exactly one character long');
    return padText(run, of, expectSize(width, 'a width'), alignment, character);
  },
});

function zeroFill(run: Run, of: Text, width: number): Text {
  const missing = width - countCharacters(of.value);
  if (missing <= 0) return of;
  run.budget.copy(missing + of.value.length);
  const sign = /^[+-]/.test(of.value) ? 1 : 0;
  const builder = createBuilder();
  builder.addSlice(of, 0, sign);
  builder.add('0'.repeat(missing));
  builder.addSlice(of, sign, of.value.length);
  return builder.finish();
}

function expandTabs(run: Run, of: Text, size: number): Text {
  run.budget.work(1 + of.value.length / 4);
  const builder = createBuilder();
  let start = 0;
  let column = 0;
  for (let at = 0; at < of.value.length; at++) {
    const code = of.value.charCodeAt(at);
    if (code === 0x09) {
      builder.addSlice(of, start, at);
      const spaces = size > 0 ? size - (column % size) : 0;
      run.budget.copy(spaces + at - start);
      builder.add(' '.repeat(spaces));
      column += spaces;
      start = at + 1;
    } else if (code === 0x0a || code === 0x0d) column = 0;
    else if (code < 0xdc00 || code > 0xdfff) column++;
  }
  builder.addSlice(of, start, of.value.length);
  return builder.finish();
}

export const shapeMethods: Readonly<Record<string, TextMethod>> = {
  center: padding('center'),
  ljust: padding('<'),
  rjust: padding('>'),
  zfill: {
    parameters: ['width'],
    required: 1,
    call: (run, of, [width = null]) => zeroFill(run, of, expectSize(width, 'a width')),
  },
  expandtabs: {
    parameters: ['tabsize'],
    takesNames: true,
    required: 0,
    call: (run, of, [size = 8n]) => expandTabs(run, of, expectSize(size, 'a tab size')),
  },
};
