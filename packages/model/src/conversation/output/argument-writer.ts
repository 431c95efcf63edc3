// Writes the arguments of a call as JSON, one by one, for families that write each argument between tags.
import { isTextOnly, jsonOfArgument, type Schema } from './argument-types.ts';
import { escapedText } from './json-value.ts';
import type { OutputSink } from './output-sink.ts';
import { takeUntil, type OutputText, type Reading } from './output-text.ts';

/** Writes the arguments of one call. */
export interface ArgumentWriter {
  /** Writes an argument whose JSON is known. */
  add(key: string, json: string): void;
  /** Writes an argument from the text up to one of `ends`. A text is written as it arrives. */
  read(input: OutputText, key: string, options: ReadArgumentOptions): Reading<string | undefined>;
  /** Writes the end of the arguments. */
  end(): void;
}

/** How an argument is read. */
export interface ReadArgumentOptions {
  readonly ends: readonly string[];
  readonly schema: Schema | undefined;
  /** Whether the argument is a text or JSON for certain; undefined if the schema decides. */
  readonly isText?: boolean | undefined;
}

/** Begins the arguments of a call. */
export function createArgumentWriter(sink: OutputSink): ArgumentWriter {
  let count = 0;
  const begin = (key: string): void => {
    sink.argument(`${count === 0 ? '{' : ', '}${JSON.stringify(key)}: `);
    count++;
  };
  return {
    add(key, json) {
      begin(key);
      sink.argument(json);
    },
    *read(input, key, { ends, schema, isText }) {
      begin(key);
      const trimmed = createLineTrimmer();
      if (isText ?? isTextOnly(schema)) {
        sink.argument('"');
        const end = yield* takeUntil(input, ends, (piece) => sink.argument(escapedText(trimmed.push(piece))));
        if (end === undefined) sink.argument(escapedText(trimmed.cut()));
        else sink.argument('"');
        return end;
      }
      let written = '';
      const end = yield* takeUntil(input, ends, (piece) => {
        written += trimmed.push(piece);
      });
      if (end !== undefined) sink.argument(jsonOfArgument(written, isText === false ? undefined : schema));
      return end;
    },
    end() {
      sink.argument(count === 0 ? '{}' : '}');
    },
  };
}

/**
 * Takes away the line breaks around a value that stands on lines of its own. A value that begins on the line of its tag keeps
 * the line break at its end.
 */
function createLineTrimmer(): { push(piece: string): string; cut(): string } {
  let isFirst = true;
  let standsAlone = false;
  let held = '';
  return {
    push(piece) {
      let text = held + piece;
      held = '';
      if (isFirst && text !== '') {
        isFirst = false;
        standsAlone = text.startsWith('\n');
        if (standsAlone) text = text.slice(1);
      }
      if (!standsAlone || !text.endsWith('\n')) return text;
      held = '\n';
      return text.slice(0, -1);
    },
    cut: () => held,
  };
}
