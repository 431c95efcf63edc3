// The date and time in words: Python's `strftime` on Linux, in English and without a time zone, as
// `datetime.now().strftime(…)` writes them for Transformers.
const months = 'January February March April May June July August September October November December'.split(
  ' ',
);
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const dayMs = 24 * 60 * 60 * 1000;

function dayOfYear(date: Date): number {
  const start = Date.UTC(date.getFullYear(), 0, 1);
  return (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - start) / dayMs + 1;
}

/** Year and week of ISO 8601. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const start = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return { year: thursday.getUTCFullYear(), week: Math.ceil(((thursday.getTime() - start) / dayMs + 1) / 7) };
}

/** A number, the least number of digits, and the character that fills them up. */
type Padded = readonly [value: number, width: number, fill: '0' | ' '];

function numberOf(date: Date, code: string): Padded | undefined {
  const hours = date.getHours();
  switch (code) {
    case 'Y':
      return [date.getFullYear(), 1, '0'];
    case 'C':
      return [Math.floor(date.getFullYear() / 100), 2, '0'];
    case 'y':
      return [date.getFullYear() % 100, 2, '0'];
    case 'G':
      return [isoWeek(date).year, 1, '0'];
    case 'g':
      return [isoWeek(date).year % 100, 2, '0'];
    case 'm':
      return [date.getMonth() + 1, 2, '0'];
    case 'd':
      return [date.getDate(), 2, '0'];
    case 'e':
      return [date.getDate(), 2, ' '];
    case 'H':
      return [hours, 2, '0'];
    case 'k':
      return [hours, 2, ' '];
    case 'I':
      return [hours % 12 || 12, 2, '0'];
    case 'l':
      return [hours % 12 || 12, 2, ' '];
    case 'M':
      return [date.getMinutes(), 2, '0'];
    case 'S':
      return [date.getSeconds(), 2, '0'];
    case 'f':
      return [date.getMilliseconds() * 1000, 6, '0'];
    case 'j':
      return [dayOfYear(date), 3, '0'];
    case 'u':
      return [date.getDay() || 7, 1, '0'];
    case 'w':
      return [date.getDay(), 1, '0'];
    case 'U':
      return [Math.floor((dayOfYear(date) + 6 - date.getDay()) / 7), 2, '0'];
    case 'W':
      return [Math.floor((dayOfYear(date) + 6 - ((date.getDay() + 6) % 7)) / 7), 2, '0'];
    case 'V':
      return [isoWeek(date).week, 2, '0'];
    case 's':
      return [Math.floor(date.getTime() / 1000), 1, '0'];
    default:
      return undefined;
  }
}

function wordsOf(date: Date, code: string): string | undefined {
  const month = months[date.getMonth()];
  const day = days[date.getDay()];
  switch (code) {
    case 'a':
      return day.slice(0, 3);
    case 'A':
      return day;
    case 'b':
    case 'h':
      return month.slice(0, 3);
    case 'B':
      return month;
    case 'p':
      return date.getHours() < 12 ? 'AM' : 'PM';
    case 'P':
      return date.getHours() < 12 ? 'am' : 'pm';
    case 'c':
      return strftime(date, '%a %b %e %H:%M:%S %Y');
    case 'x':
    case 'D':
      return strftime(date, '%m/%d/%y');
    case 'X':
    case 'T':
      return strftime(date, '%H:%M:%S');
    case 'r':
      return strftime(date, '%I:%M:%S %p');
    case 'R':
      return strftime(date, '%H:%M');
    case 'F':
      return strftime(date, '%Y-%m-%d');
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'z':
    case 'Z':
      return '';
    case '%':
      return '%';
    default:
      return undefined;
  }
}

/** The date in a format; text that is no format code stays unchanged. */
export function strftime(date: Date, format: string): string {
  return format.replaceAll(
    /%([-_0^#]*)(\d{0,3})([EO]?)([a-zA-Z%])/g,
    (whole, flags: string, size: string, _, code: string) => {
      const number = numberOf(date, code);
      if (number !== undefined) {
        const [value, width, usual] = number;
        const fill = flags.includes('_') ? ' ' : flags.includes('0') ? '0' : usual;
        const wanted = flags.includes('-') ? 0 : size === '' ? width : Number(size);
        return String(value).padStart(wanted, fill);
      }
      const words = wordsOf(date, code);
      if (words === undefined) return whole;
      const cased = flags.includes('^') ? words.toUpperCase() : words;
      return cased.padStart(size === '' ? 0 : Number(size), flags.includes('0') ? '0' : ' ');
    },
  );
}
