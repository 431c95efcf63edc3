// Whether something comes to an end, without asking a clock.

/** Resolves with whether a promise settles while everything else that is due gets its turn, so many times. */
export async function settles(promise: Promise<unknown>, turns = 5000): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  for (let turn = 0; turn < turns; turn++) if (await Promise.race([settled, nextTurn()])) return true;
  return false;
}

const nextTurn = () => new Promise<false>((resolve) => setImmediate(() => resolve(false)));
