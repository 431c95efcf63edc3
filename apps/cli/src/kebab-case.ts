// The names of the command line: `protectedLru` is `protected-lru` there.

/** A name with its words parted by hyphens. */
export function kebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
