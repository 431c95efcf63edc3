// Refusals of the operating system, as sentences that say what to do.

const sentences: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no room left on the disk. Free some, or write to another disk',
  EDQUOT: 'your share of the disk is used up. Free some, or write to another disk',
  EFBIG: 'the file would be larger than the system allows',
  EACCES: 'you may not do that there. Check the rights of the folder, or give another one',
  EPERM: 'you may not do that there. Check the rights of the folder, or give another one',
  EROFS: 'the disk can only be read. Give a folder on another one',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  ELOOP: 'it is a symbolic link, which is not followed there',
  EMFILE: 'too many files are open. Raise the limit (ulimit -n)',
  ENFILE: 'too many files are open on this machine',
  EIO: 'the disk does not work',
  ENAMETOOLONG: 'the name is too long',
  EBUSY: 'it is in use',
};

/** Why the system refused, for people; undefined for any other error. */
export function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return Object.hasOwn(sentences, error.code) ? `${sentences[error.code]} (${error.code})` : undefined;
}
