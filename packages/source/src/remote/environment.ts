// The variables and folders of the system that say where models are kept and which token to send. A browser has no such
// variables.

/** Variables by name, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of this process. */
export function systemEnvironment(): Environment {
  return globalThis.process?.env ?? {};
}

/** The user's home folder; empty if the user has no home folder. */
export function homeFolder(): string {
  return globalThis.process?.getBuiltinModule?.('node:os').homedir() ?? '';
}
