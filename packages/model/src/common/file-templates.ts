// The chat templates of a file, as the engine reads them and a conversation chooses among them.

/** One template without a name, and others by name, such as `tool_use`. */
export interface FileTemplates {
  readonly main: string | undefined;
  readonly named: ReadonlyMap<string, string>;
}
