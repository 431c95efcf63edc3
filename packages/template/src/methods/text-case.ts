// Methods of strings that change case.
import type { Run } from '../run.ts';
import { chargeCopy, createBuilder, mapPieces, piecesOf, type Text } from '../text.ts';
import { unitsAt } from '../characters.ts';
import type { TextMethod } from './text-method.ts';

/**
 * Changes the case of a whole string. Only the Greek final sigma depends on its neighbours. Both forms of sigma have the same
 * length, so a piece that is changed alone has the length that it has in the whole.
 */
function changeCase(run: Run, of: Text, change: (value: string) => string): Text {
  chargeCopy(run.budget, of);
  run.budget.scan(of.value.length);
  const whole = change(of.value);
  if (of.ranges.length === 0) return { ...of, value: whole };
  if (whole.length === of.value.length) return { ...of, value: whole };
  const builder = createBuilder();
  let at = 0;
  for (const { value, source } of piecesOf(of)) {
    const end = at + change(value).length;
    builder.add(whole.slice(at, end), source);
    at = end;
  }
  return builder.finish();
}

export const upper = (run: Run, of: Text): Text => changeCase(run, of, (value) => value.toUpperCase());
export const lower = (run: Run, of: Text): Text => changeCase(run, of, (value) => value.toLowerCase());

// The few ligature letters have a separate form at the beginning of a word.
const titleForms: Readonly<Record<string, string>> = {
  ǆ: 'ǅ',
  Ǆ: 'ǅ',
  ǅ: 'ǅ',
  ǉ: 'ǈ',
  Ǉ: 'ǈ',
  ǈ: 'ǈ',
  ǌ: 'ǋ',
  Ǌ: 'ǋ',
  ǋ: 'ǋ',
  ǳ: 'ǲ',
  Ǳ: 'ǲ',
  ǲ: 'ǲ',
};

/** A character in its form at the beginning of a word. */
export function titleCharacter(character: string): string {
  const special = titleForms[character];
  if (special !== undefined) return special;
  if (character === 'ŉ') return 'ʼN';
  // Georgian capitals are used only in words written entirely in capitals; none begins a word.
  if (/[\u10d0-\u10ff]/.test(character)) return character;
  const whole = character.toUpperCase();
  if (/[\u1f80-\u1fff]/.test(character) && whole.length > 1 && whole.endsWith('Ι')) {
    // A Greek vowel with an iota below: in capitals the iota stands beside the vowel, at the beginning of a word below
    // it.
    const vowel = whole.slice(0, -1);
    return vowel.length === 1 ? `${vowel}\u0345`.normalize('NFC') : `${vowel}\u0345`;
  }
  const units = whole === '' ? 0 : unitsAt(whole, 0);
  // `ß` becomes `Ss`; letters with an own mark stay unchanged.
  return whole.length > units ? whole.slice(0, units) + whole.slice(units).toLowerCase() : whole;
}

/** The first character as a capital, all others lower-cased. */
export function capitalize(run: Run, of: Text): Text {
  if (of.value === '') return of;
  const small = lower(run, of);
  const first = unitsAt(of.value, 0);
  const builder = createBuilder();
  builder.add(titleCharacter(of.value.slice(0, first)), of.ranges[0] === 0 ? of.ranges[2] : undefined);
  const skipped = of.value.slice(0, first).toLowerCase().length;
  builder.addSlice(small, skipped, small.value.length);
  return builder.finish();
}

/** Each character after a character without case begins a word. */
function title(run: Run, of: Text): Text {
  run.budget.work(1 + of.value.length);
  chargeCopy(run.budget, of);
  // As a whole, because of the final sigma; lower-casing a character alone gives the same number of units.
  const small = lower(run, of).value;
  let at = 0;
  let isAfterCased = false;
  return mapPieces(of, (value) => {
    let result = '';
    for (const character of value) {
      const end = at + character.toLowerCase().length;
      result += isAfterCased ? small.slice(at, end) : titleCharacter(character);
      at = end;
      isAfterCased = /\p{Cased}/u.test(character);
    }
    return result;
  });
}

/** A character as case-insensitive comparisons see it: the lower case of its capital, except in two scripts. */
function folded(character: string): string {
  // Cherokee had its capitals first. The dotless i of Turkish is no form of the dotted i.
  if (/[\u13a0-\u13ff\uab70-\uabbf]/.test(character)) return character.toUpperCase();
  return character === 'ı' ? character : character.toLowerCase().toUpperCase().toLowerCase();
}

function casefold(run: Run, of: Text): Text {
  run.budget.work(1 + of.value.length);
  chargeCopy(run.budget, of);
  return mapPieces(of, (value) => Array.from(value, folded).join(''));
}

function swapped(value: string): string {
  let result = '';
  for (const character of value) {
    if (/\p{Uppercase}/u.test(character)) result += character.toLowerCase();
    // A character of neither case, such as `ǅ`, stays.
    else result += /\p{Lowercase}/u.test(character) ? character.toUpperCase() : character;
  }
  return result;
}

function swapCase(run: Run, of: Text): Text {
  run.budget.work(1 + of.value.length);
  chargeCopy(run.budget, of);
  return mapPieces(of, swapped);
}

const none = { parameters: [], required: 0 };

export const caseMethods: Readonly<Record<string, TextMethod>> = {
  upper: { ...none, call: upper },
  lower: { ...none, call: lower },
  casefold: { ...none, call: casefold },
  capitalize: { ...none, call: capitalize },
  title: { ...none, call: title },
  swapcase: { ...none, call: swapCase },
};
