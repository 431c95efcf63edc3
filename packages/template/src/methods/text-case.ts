// Methods of strings that change case.
import type { Run } from '../run.ts';
import { chargeCopy, createBuilder, mapPieces, piecesOf, type Text } from '../text.ts';
import { unitsAt } from '../characters.ts';
import type { TextMethod } from './text-method.ts';

/**
 * Changes the case of a whole string. A letter's case depends on its neighbours only for the Greek final sigma, whose
 * forms are of one length, so that stretches of data keep their place.
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

// The few letters that are two in one have a form of their own at the beginning of a word.
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

/** One character as it begins a word. */
export function titleCharacter(character: string): string {
  const special = titleForms[character];
  if (special !== undefined) return special;
  const whole = character.toUpperCase();
  const units = whole === '' ? 0 : unitsAt(whole, 0);
  // `ß` becomes `Ss`; letters with a mark of their own stay as they are.
  return whole.length > units ? whole.slice(0, units) + whole.slice(units).toLowerCase() : whole;
}

/** The first character in capitals, all others small. */
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

/** Each character after one without case begins a word. */
function title(run: Run, of: Text): Text {
  run.budget.work(1 + of.value.length);
  chargeCopy(run.budget, of);
  const small = lower(run, of);
  if (small.value.length !== of.value.length) return capitalize(run, of);
  let isAfterCased = false;
  return mapPieces(of, (value) => {
    let result = '';
    for (const character of value) {
      result += isAfterCased ? character.toLowerCase() : titleCharacter(character);
      isAfterCased = /\p{Cased}/u.test(character);
    }
    return result;
  });
}

function swapped(value: string): string {
  let result = '';
  for (const character of value) {
    result += /\p{Uppercase}/u.test(character) ? character.toLowerCase() : character.toUpperCase();
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
  casefold: { ...none, call: (run, of) => mapPieces(lower(run, of), (value) => value.replaceAll('ß', 'ss')) },
  capitalize: { ...none, call: capitalize },
  title: { ...none, call: title },
  swapcase: { ...none, call: swapCase },
};
