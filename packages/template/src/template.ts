// A template: read once, then rendered with variables.
import { createBudget, type Budget } from './budget.ts';
import { toValue } from './convert.ts';
import { failed } from './errors.ts';
import { filterTable } from './filters/index.ts';
import { globals } from './globals.ts';
import { execute } from './interpreter/execute.ts';
import { declare, scopeIn } from './interpreter/scope.ts';
import type { Run } from './run.ts';
import { parseTemplate } from './syntax/statements.ts';
import { usesName } from './syntax/uses-name.ts';
import { createBuilder, piecesOf } from './text.ts';

/** A stretch of a rendering. */
export interface RenderedPart {
  readonly text: string;
  /** The source of the data that the part came from (see `fromData`); undefined if the template wrote it. */
  readonly source: number | undefined;
}

/** Options of a rendering. */
export interface RenderOptions {
  /** The limits of the rendering; default: a new budget. Renderings that share a budget share its limits. */
  readonly budget?: Budget | undefined;
  /** The time of `strftime_now`; default: the clock. */
  readonly now?: (() => Date) | undefined;
  /** Numbers from 0 to below 1 for the filter `random`; default: `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** The result of a rendering. */
export interface Rendering {
  /** The text in parts. */
  readonly parts: readonly RenderedPart[];
  /**
   * Sources of data of which the template removed everything but white space, such as the order `/no_think`. The order
   * was read, although nothing of it remains.
   */
  readonly emptied: ReadonlySet<number>;
}

/** A template that was read. */
export interface Template {
  /** Whether the template reads a variable of this name. */
  uses(name: string): boolean;
  /**
   * Renders the template.
   *
   * @param variables strings, numbers, booleans, null, lists, plain objects, and data marked by `fromData`
   * @throws RondoError `BAD_TEMPLATE` if the template refuses its variables, if one of its operations fails, or if it
   * exceeds `templateLimits`; `failureOf` tells which. `BAD_ARGUMENT` for variables of other kinds
   */
  render(variables: Readonly<Record<string, unknown>>, options?: RenderOptions): Rendering;
}

/** If the caller has used much of JavaScript's stack, less is left than the limits assume. */
function guardStack<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw failed('its parts are nested too deep for the stack');
    throw error;
  }
}

/**
 * Reads a template in the dialect of Jinja2 that Transformers uses for chat templates.
 *
 * @throws RondoError `BAD_TEMPLATE` for a source that is no Jinja, too long or nested too deep
 */
export function compileTemplate(source: string): Template {
  const body = guardStack(() => parseTemplate(source));
  return {
    uses: (name) => usesName(body, name),
    render(variables, { budget = createBudget(), now = () => new Date(), random = Math.random } = {}) {
      const run: Run = { budget, filters: filterTable, now, random, emptied: new Set(), depth: 0 };
      return guardStack(() => {
        const outer = scopeIn(undefined);
        for (const [name, value] of globals) declare(outer, name, value);
        for (const [name, value] of Object.entries(variables)) {
          if (value !== undefined) declare(outer, name, toValue(value, budget));
        }
        const builder = createBuilder();
        execute(run, scopeIn(outer), body, builder);
        const parts = piecesOf(builder.finish()).map(({ value, source: from }) => ({
          text: value,
          source: from,
        }));
        return { parts, emptied: run.emptied };
      });
    },
  };
}
