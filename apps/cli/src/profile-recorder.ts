// Records what a model does, for `--profile`: a trace in a file, and a summary.
import { createProfile, type Profile, type ProfileSink } from '@rondo/model';
import { profileLines } from './output/profile.ts';
import { checkFree, encodedText, writeFileWhole } from './write-file.ts';

/** A recording in memory. */
export interface ProfileRecorder {
  /** For `LoadOptions.profile`. */
  readonly profile: ProfileSink;
  /**
   * Writes the file; writes no file if the signal is aborted. Returns the summary for people, line by line.
   *
   * @throws RondoError `WRITE_FAILED`; the signal's reason
   */
  finish(signal: AbortSignal): Promise<readonly string[]>;
}

/**
 * A recorder that will write to `path`.
 *
 * @throws RondoError `BAD_ARGUMENT` if there is such a file already
 */
export async function createProfileRecorder(path: string): Promise<ProfileRecorder> {
  await checkFree(path);
  const profile: Profile = createProfile();
  return {
    profile,
    async finish(signal) {
      await writeFileWhole(path, encodedText(profile.trace()), { force: false, signal });
      return profileLines(profile);
    },
  };
}
