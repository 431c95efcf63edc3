// Finds where the arguments of a call begin and end in the output, so that they can follow the schema of their tool. The text of a
// call up to its arguments is known as soon as the model has written the name of the tool.
import type { ToolDefinition } from './messages/tools.ts';
import { parsedJson } from './output/json-value.ts';
import type { CallForm, OutputFormat } from './output/output-format.ts';

/** Arguments that come next. */
export interface DueArguments {
  /** The rest of the text before the arguments, which is put in. */
  readonly rest: string;
  /** The JSON Schema of the arguments. */
  readonly schema: object;
  /** The text from the end of the arguments to the end of the call, which is put in. */
  readonly after: string;
}

/** Follows an output. */
export interface ArgumentWatch {
  /** Reads more of the output: of the text before arguments, or of the arguments that are due. */
  push(text: string): void;
  /** The arguments that come next; undefined inside other text. */
  readonly due: DueArguments | undefined;
  /** Whether the due arguments are complete. */
  readonly isComplete: boolean;
  /** Ends the due arguments. */
  end(): void;
}

/** Characters of the output that are kept: more than the text before arguments takes. */
const KEPT_CHARACTERS = 1024;

const withoutSpace = (text: string): string => text.replaceAll(/\s/g, '');

/** The text before the arguments of a tool. */
interface Beginning {
  readonly tool: ToolDefinition;
  readonly form: CallForm;
  /** The text without white space, which models write as they like. */
  readonly dense: string;
  /** The beginning of `dense` up to the character after the name of the tool. */
  readonly least: string;
}

/** Follows an output that begins with `prefill`. Arguments in a notation of the family are not followed. */
export function createArgumentWatch(
  format: OutputFormat,
  tools: readonly ToolDefinition[],
  prefill: string,
): ArgumentWatch {
  const beginnings = tools.flatMap((tool): Beginning[] => {
    const form = format.callForm(tool.name);
    const dense = withoutSpace(form.before);
    const nameAt = dense.lastIndexOf(tool.name);
    if (form.arguments !== 'json' || nameAt < 0) return [];
    return [{ tool, form, dense, least: dense.slice(0, nameAt + tool.name.length + 1) }];
  });
  let kept = '';
  let written = '';
  let due: DueArguments | undefined;
  let isComplete = false;

  function look(): void {
    const dense = withoutSpace(kept);
    for (const { tool, form, dense: wanted, least } of beginnings) {
      if (!dense.includes(least)) continue;
      for (let length = wanted.length; length >= least.length; length--) {
        if (!dense.endsWith(wanted.slice(0, length))) continue;
        const rest = restOf(form.before, length);
        due = {
          rest: /\s$/.test(kept) ? rest.trimStart() : rest,
          schema: tool.parameters ?? {},
          after: form.after,
        };
        return;
      }
    }
  }

  const watch: ArgumentWatch = {
    get due() {
      return due;
    },
    get isComplete() {
      return isComplete;
    },
    push(text) {
      if (beginnings.length === 0) return;
      if (due) {
        written += text;
        isComplete = written.trimEnd().endsWith('}') && parsedJson(written) !== undefined;
        return;
      }
      kept = (kept + text).slice(-KEPT_CHARACTERS);
      look();
    },
    end() {
      due = undefined;
      isComplete = false;
      written = '';
      kept = '';
    },
  };
  watch.push(prefill);
  return watch;
}

/** The text behind the first `length` characters that are no white space. */
function restOf(text: string, length: number): string {
  let left = length;
  let at = 0;
  while (left > 0) if (!/\s/.test(text.charAt(at++))) left--;
  return text.slice(at);
}
