// Tests that a machine cannot run are skipped, and the reason is printed. The reporter in this folder repeats the reasons
// at the end of the run.

/** How the line of a reason begins. */
export const SKIPPED = 'Skipped: ';

/**
 * Whether a machine lacks what tests need, for `describe.skipIf(lacks(…))`. Prints `reason` if so, such as `needs direct
 * reads of Linux`.
 */
export function lacks(there: boolean, reason: string): boolean {
  if (!there) console.warn(`${SKIPPED}${reason}.`);
  return !there;
}
