// One colour for each policy and each kind of work, the same in all charts. From the palette of M. Okabe and K. Ito,
// "Color universal design" (2008), which people who see fewer colours can tell apart.

/** Colours of the policies. */
export const policyColors: Readonly<Record<string, string>> = {
  lru: '#d55e00',
  protectedLru: '#e69f00',
  lfu: '#cc79a7',
  pinned: '#0072b2',
  adaptive: '#009e73',
  belady: '#000000',
};

/** Colours of what a machine does. */
export const workColors: Readonly<Record<string, string>> = {
  computing: '#009e73',
  'read on demand': '#d55e00',
  'read ahead': '#56b4e9',
};

/** Colours of the prefetch strategies. */
export const prefetchColors: Readonly<Record<string, string>> = {
  none: '#d55e00',
  sync: '#cc79a7',
  async: '#0072b2',
  predictive: '#009e73',
};
