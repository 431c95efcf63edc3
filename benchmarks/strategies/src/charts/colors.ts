// One colour for each policy and each kind of work, the same in all charts. From the palette of M. Okabe and K. Ito,
// "Color universal design" (2008), which people who see fewer colours can tell apart.
import { policies, prefetchers } from '../strategies.ts';

const BLACK = '#000000';

/** Deals the palette to `names` in their order; names beyond the palette are black. */
const dealt = (names: Iterable<string>, palette: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries([...names].map((name, index) => [name, palette[index] ?? BLACK]));

/** Colours of the policies; an oracle is black. */
export const policyColors: Readonly<Record<string, string>> = {
  ...dealt(
    policies.filter(({ needs }) => needs === 'nothing').map(({ name }) => name),
    ['#d55e00', '#e69f00', '#cc79a7', '#0072b2', '#009e73', '#56b4e9', '#f0e442'],
  ),
  ...dealt(
    policies.filter(({ needs }) => needs === 'future').map(({ name }) => name),
    [BLACK],
  ),
};

/** Colours of the machine's activities. */
export const workColors: Readonly<Record<string, string>> = {
  computing: '#009e73',
  'read on demand': '#d55e00',
  'read ahead': '#56b4e9',
};

/** Colours of the prefetch strategies. */
export const prefetchColors: Readonly<Record<string, string>> = dealt(
  new Set(prefetchers.map(({ name }) => name)),
  ['#d55e00', '#cc79a7', '#0072b2', '#009e73', '#e69f00', '#56b4e9', '#f0e442'],
);
