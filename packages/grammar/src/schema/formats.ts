// The formats that are imposed. Sources: RFC 3339 (dates and times), RFC 4122 (UUIDs).
import { charactersOf } from '../language/code-points.ts';
import {
  choice,
  choiceOf,
  literal,
  oneOf,
  optional,
  repeat,
  sequence,
  sequenceOf,
  type Expression,
} from '../language/expression.ts';
import { digit, hex } from './json-text.ts';

const of = (characters: string): Expression => oneOf(charactersOf(characters));

const twoDigits = sequence(digit, digit);
/** 01 to 28. */
const to28 = choice(
  sequence(literal('0'), of('123456789')),
  sequence(literal('1'), digit),
  sequence(literal('2'), of('012345678')),
);
const to30 = choice(to28, literal('29'), literal('30'));
const to31 = choice(to30, literal('31'));

/** Multiples of four from 04 to 96. */
const multipleOf4 = choice(
  sequence(literal('0'), of('48')),
  sequence(of('2468'), of('048')),
  sequence(of('13579'), of('26')),
);
const leapYear = choice(
  sequence(twoDigits, multipleOf4),
  sequence(choice(literal('00'), multipleOf4), literal('00')),
);

/** A date that exists; llama.cpp's grammar also allows 31 February. */
const date = choice(
  sequence(
    repeat(digit, 4, 4),
    choice(
      sequence(choiceOf(['-01-', '-03-', '-05-', '-07-', '-08-', '-10-', '-12-'].map(literal)), to31),
      sequence(choiceOf(['-04-', '-06-', '-09-', '-11-'].map(literal)), to30),
      sequence(literal('-02-'), to28),
    ),
  ),
  sequence(leapYear, literal('-02-29')),
);

const hour = choice(sequence(of('01'), digit), sequence(literal('2'), of('0123')));
const sixty = sequence(of('012345'), digit);
const time = sequence(
  hour,
  literal(':'),
  sixty,
  literal(':'),
  sixty,
  optional(sequence(literal('.'), repeat(digit, 3, 3))),
  choice(literal('Z'), sequence(of('+-'), hour, literal(':'), sixty)),
);

const uuid = sequenceOf([
  repeat(hex, 8, 8),
  ...[4, 4, 4, 12].flatMap((digits) => [literal('-'), repeat(hex, digits, digits)]),
]);

/** The texts of the formats that are imposed. Other formats are reported. */
export const formatTexts: ReadonlyMap<string, Expression> = new Map([
  ['date', date],
  ['time', time],
  ['date-time', sequence(date, literal('T'), time)],
  ['uuid', uuid],
]);
