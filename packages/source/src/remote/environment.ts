// The variables and folders of the system that say where models are kept and who asks for them; none in a browser.

/** Variables by name, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables of this process. */
export function systemEnvironment(): Environment {
  return globalThis.process?.env ?? {};
}

/** The user's own folder; empty where there is none. */
export function homeFolder(): string {
  return globalThis.process?.getBuiltinModule?.('node:os').homedir() ?? '';
}
