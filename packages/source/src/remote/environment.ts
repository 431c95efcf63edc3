// The variables and folders of the system that say where models are kept and which token to send; none in a browser.

/** Variables by name, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of this process. */
export function systemEnvironment(): Environment {
  return globalThis.process?.env ?? {};
}

/** The user's home folder; empty if there is none. */
export function homeFolder(): string {
  return globalThis.process?.getBuiltinModule?.('node:os').homedir() ?? '';
}
